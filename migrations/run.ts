import { Client } from 'pg'
import { DataSource } from 'typeorm'
import { readConfig, type Config } from '../platform/config'
import { letIn } from '../platform/servers'
import { migrations } from './index'

/**
 * Brings the database to the newest migration and makes the login users of serving processes and workers.
 * Safe to run twice and by several processes at once (an advisory lock lets one go first).
 */
export async function migrate(config: Config): Promise<void> {
  const lock = new Client({ connectionString: config.databaseUrl })
  await letIn(config.databaseUrl, () => lock.connect())
  try {
    await lock.query(`select pg_advisory_lock(hashtext('rosterhub migrations'))`)
    const dataSource = new DataSource({ type: 'postgres', url: config.databaseUrl, migrations, logging: false })
    await dataSource.initialize()
    try {
      await dataSource.runMigrations({ transaction: 'each' })
    } finally {
      await dataSource.destroy()
    }
    await ensureLogin(lock, config.databaseAppUrl, 'rosterhub_app')
    await ensureLogin(lock, config.databaseWorkerUrl, 'rosterhub_worker')
  } finally {
    await lock.end()
  }
}

/** A login of one's own choice (DATABASE_APP_URL) is only given the group's rights, its password is left alone. */
async function ensureLogin(client: Client, address: string, group: string): Promise<void> {
  const { username, password } = new URL(address)
  const login = decodeURIComponent(username)
  if (login === `${group}_login`) {
    const quoted = [login, decodeURIComponent(password)]
    const exists = await client.query('select 1 from pg_roles where rolname = $1', [login])
    const verb = exists.rowCount ? 'alter' : 'create'
    const { rows } = await client.query<{ statement: string }>(
      `select format('${verb} role %I login nosuperuser nocreatedb nocreaterole password %L', $1::text, $2::text) as statement`,
      quoted,
    )
    await client.query(rows[0]!.statement)
  }
  const grant = await client.query<{ statement: string }>(
    `select format('grant ${group} to %I', $1::text) as statement`,
    [login],
  )
  await client.query(grant.rows[0]!.statement)
}

if (require.main === module) {
  Promise.resolve()
    .then(() => migrate(readConfig()))
    .then(
      () => console.log('The database is up to date.'),
      (error: Error) => {
        console.error(`Migration failed: ${error.message}`)
        process.exitCode = 1
      },
    )
}
