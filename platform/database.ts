import { DataSource, type EntityManager, type EntitySchema, type Logger, type QueryRunner } from 'typeorm'
import { types, type ClientBase, type Pool, type PoolClient } from 'pg'
import { coded, codedBecause, describe } from './errors'
import { isDatabaseAway } from './databaseAway'
import { log } from './log'
import { databaseStatements } from './metrics'
import { letIn } from './servers'

/** date: a day has no time zone; the driver's default would make it local midnight. */
types.setTypeParser(1082, (text) => text)

/**
 * The one door to the roster for processes that serve requests. Every statement names its tenant, and the connection carries it too:
 * row-level security is the second lock. A connection is lent out only here, and only after its tenant was set.
 */
export interface Database {
  /** Runs one statement for a tenant; `name` keeps it prepared on the connection. */
  query<Row>(tenantId: number, text: string, values: readonly unknown[], name?: string): Promise<Row[]>
  /** Runs `work` in one transaction; rolls back when it throws. */
  transaction<T>(tenantId: number, work: (client: PoolClient) => Promise<T>): Promise<T>
  /** Lends a TypeORM manager on a connection of the tenant. */
  manager<T>(tenantId: number, work: (manager: EntityManager) => Promise<T>): Promise<T>
  /** The same database as a client sees it that may see these schools only: every way into it shows no more than docs/decisions/schools.md says. */
  restrictedTo(schools: readonly string[]): Database
  /** Whether the server answers. */
  ping(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a pool of up to `poolSize` connections as the role of the URL; who finds all of them lent out waits `waitMilliseconds` (10,000).
 * Throws when the server cannot be reached.
 */
export async function openDatabase(
  url: string,
  options: { poolSize: number; entities: EntitySchema[]; waitMilliseconds?: number },
): Promise<Database> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    entities: options.entities,
    logger: countingLogger,
    logging: ['query'],
    extra: {
      max: options.poolSize,
      idleTimeoutMillis: 30_000,
      connectionTimeoutMillis: options.waitMilliseconds ?? 10_000,
      statement_timeout: 30_000,
    },
    poolErrorHandler: (error: Error) => log.warn('idle database connection lost', { error: describe(error) }),
  })
  await letIn(url, () => dataSource.initialize())
  const pool = (dataSource.driver as unknown as { master: Pool }).master
  outliveLostConnections(pool)

  async function withClient<T>(
    tenantId: number,
    schools: Schools,
    work: (client: PoolClient) => Promise<T>,
  ): Promise<T> {
    const client = await connected(() => pool.connect(), pool)
    let failure: Error | undefined
    try {
      await setCaller(client, tenantId, schools)
      return await work(client)
    } catch (error) {
      failure = brokenConnection(error)
      throw asCoded(error)
    } finally {
      // A connection whose state is unknown is closed, not reused.
      client.release(failure)
    }
  }

  const as = (schools: Schools): Database => ({
    query: (tenantId, text, values, name) =>
      withClient(tenantId, schools, async (client) => {
        databaseStatements.inc()
        // Planned anew for each restricted caller: what is right for a small school is not for all the schools of a town.
        const prepared = schools ? undefined : name
        return (await client.query({ text, values: values as unknown[], name: prepared })).rows
      }),
    transaction: (tenantId, work) =>
      withClient(tenantId, schools, async (client) => {
        await client.query('begin')
        try {
          const result = await work(client)
          await client.query('commit')
          return result
        } catch (error) {
          await client.query('rollback').catch(() => undefined)
          throw error
        }
      }),
    manager: async (tenantId, work) => {
      const runner: QueryRunner = dataSource.createQueryRunner()
      try {
        const client = await connected(() => runner.connect() as Promise<PoolClient>, pool)
        await setCaller(client, tenantId, schools)
        return await work(runner.manager)
      } catch (error) {
        throw asCoded(error)
      } finally {
        await runner.release()
      }
    },
    restrictedTo: (allowed) => as(schools ? schools.filter((school) => allowed.includes(school)) : allowed),
    ping: async () => void (await pool.query('select 1')),
    close: () => dataSource.destroy(),
  })
  return as(undefined)
}

/** Undefined: all of the tenant. */
type Schools = readonly string[] | undefined

/** The tenant whose unrestricted request a connection served last; it is set again only when another one holds the connection. */
const tenantOf = new WeakMap<object, number>()
/** Connections that stand in the restricted role. */
const restricted = new WeakSet<object>()

async function setCaller(client: PoolClient, tenantId: number, schools: Schools): Promise<void> {
  if (schools) return restrict(client, tenantId, schools)
  if (tenantOf.get(client) === tenantId) return
  tenantOf.delete(client)
  if (restricted.has(client)) {
    await client.query('reset role; reset search_path; reset work_mem')
    restricted.delete(client)
  }
  await client.query({
    name: 'tenant',
    text: `select set_config('rosterhub.tenant', $1, false)`,
    values: [String(tenantId)],
  })
  tenantOf.set(client, tenantId)
}

/**
 * From here on the names of the roster tables mean the views of what these schools show, and the role can read nothing else
 * (migrations/1790000008000-schools.ts). Done anew for each request, since the orgs of a school may have changed. The memory lets the members
 * of all the schools of a city be looked up in a hash table.
 */
async function restrict(client: PoolClient, tenantId: number, schools: readonly string[]): Promise<void> {
  tenantOf.delete(client)
  restricted.add(client)
  await client.query({ name: 'schools', text: restrictSql, values: [String(tenantId), tenantId, schools, false] })
}

/** The same for the rest of the transaction that is open on a connection, whatever role it came with; its end takes it back. */
export async function restrictTransaction(client: ClientBase, tenantId: number, schools: Schools): Promise<void> {
  if (schools) await client.query(restrictSql, [String(tenantId), tenantId, schools, true])
}

const restrictSql = `select set_config('rosterhub.tenant', $1::text, $4), set_config('rosterhub.own_orgs', coalesce(o.own::text, ''), $4),
    set_config('rosterhub.seen_orgs', coalesce(o.seen::text, ''), $4),
    set_config('work_mem', '64MB', $4), set_config('search_path', 'visible', $4), set_config('role', 'rosterhub_restricted', $4)
  from public.orgs_of_schools($2::integer, $3::text[]) o`

/**
 * A connection that is lost while it is lent out fails the statement under way, which is where that is handled; an event that nobody hears
 * would end the process besides.
 */
export function outliveLostConnections(pool: Pool): void {
  const heard = new WeakSet<object>()
  // Not 'connect': TypeORM has opened a first connection by the time we get to see its pool.
  pool.on('acquire', (client) => {
    if (heard.has(client)) return
    heard.add(client)
    client.on('error', (error) => log.warn('database connection lost', { error: describe(error) }))
  })
}

async function connected(connect: () => Promise<PoolClient>, pool: Pool): Promise<PoolClient> {
  try {
    return await connect()
  } catch (error) {
    // Every connection is lent out and none came back in time: the server is well, and there is more to do than it can.
    if (pool.totalCount >= pool.options.max && /^timeout exceeded/.test((error as Error).message))
      throw coded('SERVER_BUSY', 'The roster is busy; try again in a moment')
    throw unavailable('database connection refused', error)
  }
}

function unavailable(failed: string, reason: unknown): Error {
  return codedBecause('UNAVAILABLE', 'The database cannot be reached at the moment', failed, reason)
}

/**
 * PostgreSQL says data exceptions (class 22) about values that came from outside: a tampered position, an impossible date. Whoever met a
 * database that is away may come again.
 */
function asCoded(error: unknown): unknown {
  const state = (error as { code?: unknown }).code
  if (/^22/.test(String(state))) return coded('INVALID_DATA', 'A value of the request does not fit its field')
  if (state === '55P03') return coded('SERVER_BUSY', 'The roster is being changed by an import; try again in a moment')
  if (state === '57014') return coded('UNAVAILABLE', 'The statement was cancelled: it took too long')
  return isDatabaseAway(error) ? unavailable('database connection lost during a request', error) : error
}

function brokenConnection(error: unknown): Error | undefined {
  const state = (error as { code?: unknown }).code
  const isSql = typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) && !/^(08|57P|25006)/.test(state)
  const isOurs = (error as { extensions?: unknown }).extensions !== undefined
  return isSql || isOurs ? undefined : (error as Error)
}

const countingLogger: Logger = {
  logQuery: () => databaseStatements.inc(),
  logQueryError: () => undefined,
  logQuerySlow: () => undefined,
  logSchemaBuild: () => undefined,
  logMigration: () => undefined,
  log: () => undefined,
}
