import type { MigrationInterface, QueryRunner } from 'typeorm'

/** The inverse of a user's agents, by the index on agents, which row-level security keeps from serving processes. */
export class AgentOf1790000004000 implements MigrationInterface {
  name = 'AgentOf1790000004000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- "Contains" on lists is not leakproof, so under row-level security it cannot use an index: 10,000 users would be 10,000 scans of all users.
      -- This one question is asked by the owner, who stands outside; it names the tenant of the connection itself.
      create function user_agent_of(wanted text) returns text[]
        -- Planning the same statement anew for each of 10,000 users would cost ten times what running it does.
        language plpgsql stable security definer set search_path = pg_catalog, public set plan_cache_mode = force_generic_plan as $$
        begin
          return (
            select array_agg(a.sourced_id order by a.sourced_id) from public.users a
            where a.agent_sourced_ids @> array[wanted collate "C"] and a.status = 'active'
              and a.tenant_id = nullif(current_setting('rosterhub.tenant', true), '')::integer
          );
        end $$;
      revoke all on function user_agent_of(text) from public;
      grant execute on function user_agent_of(text) to rosterhub_app;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function user_agent_of(text)')
  }
}
