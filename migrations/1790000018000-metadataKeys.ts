import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Which keys metadata of a tenant's records may have, as `entity.key`: an export needs a column for each, and looking through a million records
 * for keys that nobody has took it a tenth of its time. Null: unknown, as of rosters from
 * before and of those that somebody else began.
 */
export class MetadataKeys1790000018000 implements MigrationInterface {
  name = 'MetadataKeys1790000018000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table roster_state add column metadata_keys text[];
      comment on column roster_state.metadata_keys is 'entity.key of each key that metadata may have; null: unknown'`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table roster_state drop column metadata_keys')
  }
}
