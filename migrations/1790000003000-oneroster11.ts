import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What a client may have set for OneRoster 1.1: OAuth 1 signatures, and the choices on which consumers of 1.1 disagree. */
export class Oneroster111790000003000 implements MigrationInterface {
  name = 'Oneroster111790000003000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table api_clients
        -- Encrypted, not hashed: whoever checks an HMAC must know its key (docs/decisions/oauth1.md).
        add oauth1_secret text,
        add oauth1_methods text[] not null default '{}',
        add previous_oauth1_secret text,
        add previous_oauth1_until timestamptz(3),
        add json_booleans boolean not null default false,
        add unknown_parent_is_error boolean not null default false,
        add identifier_fallback boolean not null default true;
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table api_clients
        drop oauth1_secret, drop oauth1_methods, drop previous_oauth1_secret, drop previous_oauth1_until,
        drop json_booleans, drop unknown_parent_is_error, drop identifier_fallback;
    `)
  }
}
