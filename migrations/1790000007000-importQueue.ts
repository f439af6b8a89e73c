import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Imports in the order of their uploads, files that are recognised, and jobs that ended through a fault of ours and may be run again. */
export class ImportQueue1790000007000 implements MigrationInterface {
  name = 'ImportQueue1790000007000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table import_jobs
        -- When its bytes had arrived: the order in which imports of one source are applied.
        add column queued_at timestamptz(3),
        -- Runs that ended by a fault of ours and said so; attempts counts all runs that began, those of killed workers too.
        add column faults integer not null default 0,
        add column failure text check (failure in ('DATABASE', 'STORAGE', 'WORKER_LOST', 'TIME_LIMIT', 'INTERNAL')),
        -- The tenant's stamp that this import took; while the tenant still has it, nothing was written since.
        add column merged_stamp timestamptz(3),
        -- The import that had brought the very same file.
        add column same_as uuid,
        -- It was tried before its turn, in vain: it waits for those that came before it.
        add column waits_turn boolean not null default false;
      update import_jobs set queued_at = created_at where state <> 'RECEIVED';
      create index import_jobs_known on import_jobs (tenant_id, file_sha256) where merged_stamp is not null;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index import_jobs_known;
      alter table import_jobs drop column queued_at, drop column faults, drop column failure, drop column merged_stamp,
        drop column same_as, drop column waits_turn;
    `)
  }
}
