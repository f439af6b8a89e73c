import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * People who were erased: a keyed hash of the sourcedId that keeps them from coming back, and nothing else of them. The key is the tenant's
 * own and goes with the tenant; without it nobody can find out whose hash it is, with it only whether a known sourcedId was erased.
 */
export class ErasedPeople1790000010100 implements MigrationInterface {
  name = 'ErasedPeople1790000010100'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table erasure_keys (
        tenant_id integer primary key references tenants on delete cascade,
        key bytea not null check (length(key) = 32)
      );
      create table erased_people (
        tenant_id integer not null references tenants on delete cascade,
        person_hash text collate "C" not null check (person_hash ~ '^[0-9a-f]{64}$'),
        reason text not null,
        erased_by text not null,
        erased_at timestamptz(3) not null default clock_timestamp(),
        -- Uploaded and exported files from before may still hold the person; the worker removes them.
        files_pending boolean not null default true,
        -- The empty records that tell consumers of the end; the worker removes them too, later.
        stubs_pending boolean not null default true,
        primary key (tenant_id, person_hash)
      );
      create index erased_people_pending on erased_people (tenant_id) where files_pending or stubs_pending;
      create function person_hash(key bytea, sourced_id text) returns text
        language sql immutable strict parallel safe as $$
          select encode(sha256(key || sha256(key || convert_to(sourced_id, 'UTF8'))), 'hex')
        $$;
    `)
    for (const table of ['erasure_keys', 'erased_people']) {
      await runner.query(`
        alter table ${table} enable row level security;
        create policy tenant_only on ${table} to rosterhub_app using (tenant_id = ${currentTenant}) with check (tenant_id = ${currentTenant});
        create policy every_tenant on ${table} to rosterhub_worker using (true) with check (true);`)
    }
    await runner.query(`
      grant select, insert on erasure_keys to rosterhub_app;
      grant select on erasure_keys to rosterhub_worker;
      grant select, insert, delete on erased_people to rosterhub_app;
      grant select, update on erased_people to rosterhub_worker;

      -- The one change of the trail that a serving process can cause: the sourcedId of a person who was erased becomes the person's hash.
      -- It is computed here, so nothing else can be written and nobody else's events can be reached.
      create function pseudonymise_audit(person text) returns bigint
        language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
        declare
          tenant integer := nullif(current_setting('rosterhub.tenant', true), '')::integer;
          pseudonym text;
          changed bigint;
        begin
          select 'erased:' || e.person_hash into pseudonym
          from public.erasure_keys k join public.erased_people e
            on e.tenant_id = k.tenant_id and e.person_hash = public.person_hash(k.key, person)
          where k.tenant_id = tenant;
          if pseudonym is null then
            raise exception 'nobody of this name was erased';
          end if;
          update public.audit_events set object_ids = array_replace(object_ids, person, pseudonym),
            parent_ids = array_replace(parent_ids, person, pseudonym)
          where tenant_id = tenant and (person = any (object_ids) or person = any (parent_ids));
          get diagnostics changed = row_count;
          return changed;
        end $$;
      revoke all on function pseudonymise_audit(text) from public;
      grant execute on function pseudonymise_audit(text) to rosterhub_app;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function pseudonymise_audit(text);
      drop table erased_people;
      drop table erasure_keys;
      drop function person_hash(bytea, text);
    `)
  }
}

const currentTenant = `(select nullif(current_setting('rosterhub.tenant', true), '')::integer)`
