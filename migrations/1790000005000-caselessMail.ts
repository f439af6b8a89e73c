import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Users are found by their mail address whatever its case. The twin column keeps the index usable under row-level security. */
export class CaselessMail1790000005000 implements MigrationInterface {
  name = 'CaselessMail1790000005000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table users add column email_lower text collate "C" generated always as (lower(email)) stored;
      drop index users_email;
      create index users_email on users (tenant_id, email_lower);
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index users_email;
      alter table users drop column email_lower;
      create index users_email on users (tenant_id, email);
    `)
  }
}
