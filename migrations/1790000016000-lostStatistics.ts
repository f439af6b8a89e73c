import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * For the merge of an import: what the planner must know of roles and profiles before the documents of users are made of them. A merge that was
 * given up leaves dead rows; when they are counted while the next merge is under way, whose rows nobody else sees, the table is said to be large
 * and to hold nothing. For each user the planner then takes an index that leads to all roles of the board: hours instead of seconds.
 * Statistics are made anew in that case only, since the lock for it is kept until the merge ends, and other boards' would wait for it.
 */
export class LostStatistics1790000016000 implements MigrationInterface {
  name = 'LostStatistics1790000016000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function refresh_lost_statistics() returns void
        language plpgsql security definer set search_path = pg_catalog, public as $$
        declare
          nested regclass;
        begin
          foreach nested in array array['public.roles', 'public.user_profiles']::regclass[] loop
            if exists (select from pg_class where oid = nested and relpages > 0 and reltuples < relpages) then
              execute format('analyze %s', nested);
            end if;
          end loop;
        end $$;
      revoke all on function refresh_lost_statistics() from public;
      grant execute on function refresh_lost_statistics() to rosterhub_worker;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function refresh_lost_statistics()')
  }
}
