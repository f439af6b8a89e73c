import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Whom to call about a client: the person or desk that answers for it, told when its credentials end or are misused. */
export class ClientContact1790000010000 implements MigrationInterface {
  name = 'ClientContact1790000010000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table api_clients add contact text')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table api_clients drop contact')
  }
}
