import { startWorker } from '../../subgraphs/imports/worker'
import { until } from '../support/until'
import { smallRoster } from './smallRoster'
import { createImportHub, packageOf, type ImportHub } from './support'

/**
 * After a merge that was given up, PostgreSQL may count a table as large and empty, and would read all roles of the board for each user of the next
 * merge: hours for a town (migrations/1790000016000-lostStatistics.ts).
 */
describe('a merge after one that was given up', () => {
  let hub: ImportHub
  let worker: { close(): Promise<void> } | undefined
  beforeEach(async () => {
    hub = await createImportHub()
    worker = await startWorker(hub.config)
    await hub.owner.query('alter table roles set (autovacuum_enabled = false)')
  })
  afterEach(async () => {
    await worker?.close()
    await hub.close()
  })

  /** How often the statistics of roles were made; told with some delay. */
  async function analyses(): Promise<number> {
    await hub.owner.query('select pg_stat_clear_snapshot()')
    const { rows } = await hub.owner.query<{ count: number }>(
      `select analyze_count::integer as count from pg_stat_user_tables where relname = 'roles'`,
    )
    return rows[0]!.count
  }
  /** One message, so that it stays on one connection of the pool. */
  const giveUpRoles = () =>
    hub.owner.query(`
      begin;
      insert into roles (tenant_id, sourced_id, date_last_modified, user_sourced_id, role_type, role, org_sourced_id)
        select ${hub.tenantId}, 'role-' || n, now(), 'user-' || n, 'primary', 'student', 'school' from generate_series(1, 5000) n;
      rollback;
      analyze roles`)

  test('has the planner look at the roles again before the documents of users are made of them', async () => {
    await giveUpRoles()
    const before = await analyses()
    expect(await hub.run(await packageOf(smallRoster()))).toMatchObject({ state: 'COMPLETED' })
    await until('the roles were looked at', async () => (await analyses()) > before)
  })

  test('costs nothing where the statistics are right: other boards would wait for their lock', async () => {
    expect(await hub.run(await packageOf(smallRoster()))).toMatchObject({ state: 'COMPLETED' })
    await hub.owner.query('analyze roles')
    const before = await analyses()
    const files = smallRoster()
    files['roles.csv']![1]!['beginDate'] = '2026-04-01'
    expect(await hub.run(await packageOf(files))).toMatchObject({ state: 'COMPLETED', issues: { total: 0 } })
    expect(await analyses()).toBe(before)
  })
})
