import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Exports of clients that may see some schools, and exports that somebody cancels. What such a client may see is kept with its job; the worker
 * reads the roster for it as `rosterhub_restricted` (docs/decisions/schools.md).
 */
export class ExportLimits1790000014000 implements MigrationInterface {
  name = 'ExportLimits1790000014000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Schools that the package shows at most; null: every school.
      alter table export_jobs add visible_schools text[] collate "C";
      alter table export_jobs drop constraint export_jobs_state_check;
      alter table export_jobs add constraint export_jobs_state_check
        check (state in ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'EXPIRED', 'CANCELLED'));
      grant update (state, finished_at, claimed_by, beat_at) on export_jobs to rosterhub_app;

      grant rosterhub_restricted to rosterhub_worker;
      grant execute on function orgs_of_schools(integer, text[]) to rosterhub_worker;
      -- How the client that asked for an export stands when its turn comes.
      grant select (scopes, schools, expires_at, revoked_at) on api_clients to rosterhub_worker;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      revoke select (scopes, schools, expires_at, revoked_at) on api_clients from rosterhub_worker;
      revoke execute on function orgs_of_schools(integer, text[]) from rosterhub_worker;
      revoke update (state, finished_at, claimed_by, beat_at) on export_jobs from rosterhub_app;
      update export_jobs set state = 'FAILED' where state = 'CANCELLED';
      alter table export_jobs drop constraint export_jobs_state_check;
      alter table export_jobs add constraint export_jobs_state_check
        check (state in ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'EXPIRED'));
      alter table export_jobs drop visible_schools;
    `)
    // The membership stays: roles are shared by all databases of a server.
  }
}
