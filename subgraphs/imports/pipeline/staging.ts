import type { PoolClient } from 'pg'
import { columnOf } from '../../../oneroster/fields'
import { olderRoleKey } from '../../../oneroster/csv11'
import type { Entity } from '../../../oneroster/model'

/**
 * Staging tables: one for each file of a running job, unlogged, in the schema `staging`, named by the job. Columns as in the roster table,
 * plus `line` (of the file) and `rejected` (left out because of an error; its sourcedId still protects the stored record from removal).
 */
export function stagingTable(jobId: string, entity: Entity): string {
  return `staging.${stagingPrefix(jobId)}${entity.table}`
}

/** Whether a stored role was made of a users row of OneRoster 1.1 or 1.0: users.csv of these speaks of no other. */
export function isDerived(alias: string): string {
  return `coalesce(${alias}.metadata ? '${olderRoleKey}', false)`
}

/** Whether a stored role is one of a user whose row is left out, among the staged `users`. */
export function isOfLeftOut(alias: string, users: string): string {
  return `exists (select from ${users} u where u.sourced_id = ${alias}.user_sourced_id and u.rejected)`
}

/** Users whose roles or profiles a merge changed: their documents must be rendered anew. */
export function touchedTable(jobId: string): string {
  return `staging.${stagingPrefix(jobId)}touched`
}

function stagingPrefix(jobId: string): string {
  return `j${jobId.replaceAll('-', '')}_`
}

/** The columns of a record's own data: all but tenant, source, stamp and document. */
export function dataColumns(entity: Entity): string[] {
  return entity.fields.filter((field) => field.name !== 'dateLastModified').map(columnOf)
}

/** With `origin`, `line` counts the rows, and `origin` is the line of the file: several rows were made of one (convertUserRoles.ts). */
export async function createStaging(
  client: PoolClient,
  jobId: string,
  entity: Entity,
  { origin = false } = {},
): Promise<string> {
  const table = stagingTable(jobId, entity)
  const columns = dataColumns(entity).map((column) => `"${column}"`)
  // Taken from the roster table, so that types and collations are the same and compare without a cast.
  await client.query(
    `create unlogged table ${table} with (autovacuum_enabled = false) as
       select ${origin ? '0 as origin, ' : ''}0 as line, false as rejected, ${columns.join(', ')} from ${entity.table} with no data`,
  )
  return table
}

/** Removes what a job has staged. */
export async function dropStaging(client: Pick<PoolClient, 'query'>, jobId: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'staging' and starts_with(tablename, $1)`,
    [stagingPrefix(jobId)],
  )
  if (rows.length) await client.query(`drop table if exists ${rows.map(({ name }) => `staging.${name}`).join(', ')}`)
}

/** Removes what dead workers have left: tables of jobs that no worker is busy with. */
export async function dropLeftovers(client: Pick<PoolClient, 'query'>): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables
     where schemaname = 'staging' and tablename ~ '^j[0-9a-f]{32}_' and not exists (
       select from import_jobs where job_id = substr(tablename, 2, 32)::uuid and state in ('VALIDATING', 'MERGING'))`,
  )
  for (const { name } of rows) await client.query(`drop table if exists staging.${name}`)
}
