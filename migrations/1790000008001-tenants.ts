import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * The life of a tenant: made, suspended, resumed and deleted by a client of the platform. Serving processes see the tenant of their connection
 * only, so what crosses tenants is one narrow function each (docs/schools-and-tenants.md).
 */
export class Tenants1790000008001 implements MigrationInterface {
  name = 'Tenants1790000008001'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table tenants add suspended_at timestamptz(3), add deleting_at timestamptz(3);

      create function all_tenants() returns setof tenants
        language sql stable security definer set search_path = pg_catalog, public as $$
          select * from public.tenants order by code
        $$;
      create function create_tenant(wanted_code text, wanted_name text) returns setof tenants
        language sql security definer set search_path = pg_catalog, public as $$
          insert into public.tenants (code, name) values (wanted_code, wanted_name) on conflict (code) do nothing returning *
        $$;
      -- A tenant that is being deleted stays as it is.
      create function suspend_tenant(wanted_code text, suspended boolean) returns setof tenants
        language sql security definer set search_path = pg_catalog, public as $$
          update public.tenants set suspended_at = case when suspended then coalesce(suspended_at, now()) end
          where code = wanted_code and deleting_at is null returning *
        $$;
      -- From here on there is no way back; the worker removes the data.
      create function begin_tenant_deletion(wanted_code text) returns setof tenants
        language sql security definer set search_path = pg_catalog, public as $$
          update public.tenants set deleting_at = coalesce(deleting_at, now())
          where code = wanted_code and suspended_at is not null returning *
        $$;
      -- Tables that refer to tenants go with it, the roster by its trigger. The trail stays for as long as trails are kept: it holds no personal value.
      create function remove_tenant(wanted_tenant integer) returns void
        language sql security definer set search_path = pg_catalog, public as $$
          delete from public.tenants where tenant_id = wanted_tenant and deleting_at is not null
        $$;
      ${functions.map(([name]) => `revoke all on function ${name} from public;`).join('\n')}
      ${functions.map(([name, role]) => `grant execute on function ${name} to ${role};`).join('\n')}

      -- A client of a suspended tenant is none: every door refuses it, as it refuses whom it does not know.
      create or replace function find_api_client(wanted_client_id text, wanted_key_prefix text) returns setof api_clients
        language sql stable security definer set search_path = pg_catalog, public as $$
          select c.* from public.api_clients c
          where (c.client_id = wanted_client_id or c.key_prefix = wanted_key_prefix or c.previous_key_prefix = wanted_key_prefix)
            and exists (select from public.tenants t where t.tenant_id = c.tenant_id and t.suspended_at is null and t.deleting_at is null)
        $$;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create or replace function find_api_client(wanted_client_id text, wanted_key_prefix text) returns setof api_clients
        language sql stable security definer set search_path = pg_catalog, public as $$
          select * from public.api_clients
          where client_id = wanted_client_id or key_prefix = wanted_key_prefix or previous_key_prefix = wanted_key_prefix
        $$;
      ${functions.map(([name]) => `drop function ${name};`).join('\n')}
      alter table tenants drop suspended_at, drop deleting_at;
    `)
  }
}

const functions: readonly [name: string, role: string][] = [
  ['all_tenants()', 'rosterhub_app'],
  ['create_tenant(text, text)', 'rosterhub_app'],
  ['suspend_tenant(text, boolean)', 'rosterhub_app'],
  ['begin_tenant_deletion(text)', 'rosterhub_app'],
  ['remove_tenant(integer)', 'rosterhub_worker'],
]
