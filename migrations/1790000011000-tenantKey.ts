import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Roster rows no longer ask for their tenant one by one: the foreign key's check cost an import a query a row, a tenth of its time, though all
 * rows of a statement name the one tenant that the job or the request belongs to. What the key was for besides stays: a tenant that is deleted
 * takes its roster with it, and nobody writes for one that is gone: every writer first takes a stamp (subgraphs/roster/nextStamp.ts), whose row
 * does refer to the tenant.
 */
export class TenantKey1790000011000 implements MigrationInterface {
  name = 'TenantKey1790000011000'

  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables) await runner.query(`alter table ${table} drop constraint ${table}_tenant_id_fkey`)
    await runner.query(`
      create function delete_roster_of_tenant() returns trigger language plpgsql security definer
        set search_path = pg_catalog, public, pg_temp as $$
      begin
        ${tables.map((table) => `delete from public.${table} where tenant_id = old.tenant_id;`).join('\n        ')}
        return null;
      end $$;
      revoke all on function delete_roster_of_tenant() from public;
      create trigger delete_roster after delete on tenants for each row execute function delete_roster_of_tenant();
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger delete_roster on tenants; drop function delete_roster_of_tenant()')
    for (const table of tables)
      await runner.query(
        `alter table ${table} add constraint ${table}_tenant_id_fkey foreign key (tenant_id) references tenants on delete cascade`,
      )
  }
}

const tables = [
  'orgs',
  'academic_sessions',
  'courses',
  'classes',
  'users',
  'roles',
  'user_profiles',
  'enrollments',
  'demographics',
]
