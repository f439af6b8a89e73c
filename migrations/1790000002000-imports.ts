import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What imports need beside their tables: fresh statistics after a big merge, which only the owner of the tables may take. */
export class Imports1790000002000 implements MigrationInterface {
  name = 'Imports1790000002000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function refresh_roster_statistics() returns void
        language plpgsql security definer set search_path = pg_catalog, public as $$
        begin
          analyze public.orgs, public.academic_sessions, public.courses, public.classes, public.users, public.roles,
            public.user_profiles, public.enrollments, public.demographics;
        end $$;
      revoke all on function refresh_roster_statistics() from public;
      grant execute on function refresh_roster_statistics() to rosterhub_worker;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function refresh_roster_statistics()')
  }
}
