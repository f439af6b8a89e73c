import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What stands beside the roster: clients that may read it, imports with their issues, and the audit trail. */
export class Operations1790000001000 implements MigrationInterface {
  name = 'Operations1790000001000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table api_clients (
        tenant_id integer not null references tenants on delete cascade,
        client_id text collate "C" primary key,
        name text not null,
        description text,
        scopes text[] not null,
        secret_hash text,
        previous_secret_hash text,
        previous_secret_until timestamptz(3),
        -- The part of an API key before the dot finds the row; the whole key is checked against the hash.
        key_prefix text collate "C" unique,
        key_hash text,
        previous_key_prefix text collate "C" unique,
        previous_key_hash text,
        previous_key_until timestamptz(3),
        allowed_addresses text[],
        expires_at timestamptz(3),
        revoked_at timestamptz(3),
        created_at timestamptz(3) not null default now()
      );
      create index api_clients_tenant on api_clients (tenant_id, created_at);

      create table import_jobs (
        tenant_id integer not null references tenants on delete cascade,
        job_id uuid primary key,
        source_id integer,
        state text not null check (state in
          ('RECEIVED', 'QUEUED', 'VALIDATING', 'HELD', 'MERGING', 'COMPLETED', 'REJECTED', 'FAILED', 'CANCELLED')),
        options jsonb not null default '{}',
        file_name text not null,
        storage_key text,
        file_bytes bigint,
        file_sha256 text,
        profile text,
        -- The claim: a worker that stops beating loses the job to the sweep.
        attempts integer not null default 0,
        claimed_by text,
        beat_at timestamptz(3),
        confirmed boolean not null default false,
        cancel_requested boolean not null default false,
        step text,
        bytes_read bigint not null default 0,
        rows_read bigint not null default 0,
        progress real not null default 0,
        files jsonb not null default '[]',
        issue_counts jsonb not null default '[]',
        log_id text,
        created_by text not null,
        created_at timestamptz(3) not null default now(),
        started_at timestamptz(3),
        finished_at timestamptz(3)
      );
      create index import_jobs_list on import_jobs (tenant_id, created_at desc, job_id);
      create index import_jobs_open on import_jobs (state, beat_at) where state in ('RECEIVED', 'QUEUED', 'VALIDATING', 'MERGING');

      create table import_issues (
        tenant_id integer not null references tenants on delete cascade,
        job_id uuid not null references import_jobs on delete cascade,
        position integer not null,
        file text,
        line integer,
        column_name text,
        code text not null,
        severity text not null check (severity in ('error', 'warning')),
        parameters jsonb not null default '{}',
        primary key (job_id, position)
      );

      create table audit_events (
        tenant_id integer not null,
        event_id bigint generated always as identity primary key,
        at timestamptz(3) not null default clock_timestamp(),
        client_id text not null,
        operation text not null,
        object_kind text not null,
        object_ids text[] not null default '{}',
        object_count integer not null,
        address text,
        request_id text not null
      );
      create index audit_events_list on audit_events (tenant_id, at desc, event_id);
    `)
    for (const table of ['api_clients', 'import_jobs', 'import_issues', 'audit_events']) {
      await runner.query(`
        alter table ${table} enable row level security;
        create policy tenant_only on ${table} to rosterhub_app using (tenant_id = ${currentTenant}) with check (tenant_id = ${currentTenant});
        create policy every_tenant on ${table} to rosterhub_worker using (true) with check (true);`)
    }
    await runner.query(`
      grant select, insert, update on api_clients to rosterhub_app;
      grant select, insert, update on import_jobs to rosterhub_app;
      grant select on import_issues to rosterhub_app;
      -- Append-only: nobody who serves or imports may change or remove an event.
      grant select, insert on audit_events to rosterhub_app, rosterhub_worker;
      grant select, insert, update, delete on import_jobs, import_issues to rosterhub_worker;

      -- Who is calling is known only after the credential was looked up, so this one question crosses tenants: one client by its exact
      -- client id or API key prefix, and nothing else.
      create function find_api_client(wanted_client_id text, wanted_key_prefix text) returns setof api_clients
        language sql stable security definer set search_path = pg_catalog, public as $$
          select * from public.api_clients
          where client_id = wanted_client_id or key_prefix = wanted_key_prefix or previous_key_prefix = wanted_key_prefix
        $$;
      revoke all on function find_api_client(text, text) from public;
      grant execute on function find_api_client(text, text) to rosterhub_app;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function find_api_client(text, text)')
    for (const table of ['audit_events', 'import_issues', 'import_jobs', 'api_clients'])
      await runner.query(`drop table ${table}`)
  }
}

const currentTenant = `(select nullif(current_setting('rosterhub.tenant', true), '')::integer)`
