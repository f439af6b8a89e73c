import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Exports: the truth about each, as import_jobs is about imports. */
export class Exports1790000006000 implements MigrationInterface {
  name = 'Exports1790000006000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table export_jobs (
        tenant_id integer not null references tenants on delete cascade,
        job_id uuid primary key,
        state text not null check (state in ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'EXPIRED')),
        options jsonb not null default '{}',
        -- The claim: a worker that stops beating loses the job to the sweep.
        attempts integer not null default 0,
        claimed_by text,
        beat_at timestamptz(3),
        progress real not null default 0,
        rows_written bigint not null default 0,
        -- The tenant's last stamp in the snapshot: where the next delta begins.
        snapshot_at timestamptz(3),
        file_name text,
        storage_key text,
        file_bytes bigint,
        file_sha256 text,
        files jsonb not null default '[]',
        issues jsonb not null default '[]',
        log_id text,
        created_by text not null,
        created_at timestamptz(3) not null default now(),
        started_at timestamptz(3),
        finished_at timestamptz(3)
      );
      create index export_jobs_list on export_jobs (tenant_id, created_at desc, job_id);
      create index export_jobs_open on export_jobs (state, beat_at) where state in ('QUEUED', 'RUNNING');
      alter table export_jobs enable row level security;
      create policy tenant_only on export_jobs to rosterhub_app using (tenant_id = ${currentTenant}) with check (tenant_id = ${currentTenant});
      create policy every_tenant on export_jobs to rosterhub_worker using (true) with check (true);
      grant select, insert on export_jobs to rosterhub_app;
      grant select, insert, update, delete on export_jobs to rosterhub_worker;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table export_jobs')
  }
}

const currentTenant = `(select nullif(current_setting('rosterhub.tenant', true), '')::integer)`
