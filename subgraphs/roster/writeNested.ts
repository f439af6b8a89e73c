import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { PoolClient } from 'pg'
import { columnOf, propertyOf, type Field } from '../../oneroster/fields'
import { heldSql } from '../../oneroster/heldSql'
import { nestedRecords, type Input } from '../../oneroster/inputFindings'
import type { IssueCodeName } from '../../oneroster/issueCodes'
import { entities, type Entity } from '../../oneroster/model'
import { coded } from '../../platform/errors'
import { stored } from './stored'

/**
 * Makes a user's roles and profiles what the input says; a list that was not given stays. Elements that are already there keep their identity.
 * Answers whether anything changed. Throws INVALID_DATA when a user has more than one primary role in an org, or a role with an account that is
 * none of the user's.
 */
export async function replaceNested(
  client: PoolClient,
  tenantId: number,
  entity: Entity,
  input: Input,
  stamp: Date,
): Promise<boolean> {
  if (entity.name !== 'user') return false
  const userSourcedId = input['sourcedId'] as string
  let changed = false
  for (const [property, nested] of Object.entries(nestedOfUser)) {
    if (!Array.isArray(input[property])) continue
    const wanted = nestedRecords(entity, { [property]: input[property] }).map(([, record]) => record)
    if (property === 'roles') onePrimaryPerOrg(wanted)
    changed = (await replaceList(client, tenantId, nested, userSourcedId, wanted, stamp)) || changed
  }
  if (changed) await checkProfiles(client, tenantId, userSourcedId)
  return changed
}

/**
 * Before a user gets a new stamp: one that is tobedeleted holds the roles and profiles that went with it by the stamp they share
 * (oneroster/heldSql.ts), so these move with it.
 */
export async function stampHeld(
  client: PoolClient,
  tenantId: number,
  entity: Entity,
  userSourcedId: string,
  stamp: Date,
): Promise<void> {
  if (entity.name !== 'user') return
  for (const { table } of Object.values(nestedOfUser))
    await client.query(
      `update ${table} n set date_last_modified = $3 from users u
       where n.tenant_id = $1 and n.user_sourced_id = $2 and u.tenant_id = $1 and u.sourced_id = $2
         and n.status = 'tobedeleted' and ${heldSql('n', 'u')}`,
      [tenantId, userSourcedId, stamp],
    )
}

/** One primary role per user and organisation (CSV Binding 1.2 section 6). */
function onePrimaryPerOrg(roles: readonly Input[]): void {
  const orgs = roles.filter((role) => role['roleType'] === 'primary').map((role) => role['orgSourcedId'])
  if (new Set(orgs).size === orgs.length) return
  const issues = [{ code: 'reference.primaryRoleTwice', column: 'roleType', severity: 'error', parameters: {} }]
  throw coded('INVALID_DATA', 'A user has one primary role in an org; the others are secondary', { issues })
}

/** A role's profile is one of its user's (CSV Binding 1.2 section 6). */
async function checkProfiles(client: PoolClient, tenantId: number, userSourcedId: string): Promise<void> {
  const { rows } = await client.query<{ code: IssueCodeName }>(
    `select distinct case when p.sourced_id is null then 'reference.notFound' else 'reference.profileOfOther' end as code
     from roles r left join user_profiles p
       on p.tenant_id = $1 and p.sourced_id = r.user_profile_sourced_id and p.status = 'active'
     where r.tenant_id = $1 and r.user_sourced_id = $2 and r.status = 'active' and r.user_profile_sourced_id is not null
       and p.user_sourced_id is distinct from r.user_sourced_id`,
    [tenantId, userSourcedId],
  )
  if (rows.length === 0) return
  const issues = rows.map(({ code }) => ({
    ...{ code, column: 'userProfileSourcedId', severity: 'error', parameters: {} },
  }))
  throw coded('INVALID_DATA', 'A role names a userProfile that is none of the user', { issues })
}

/** The nested entities of a user, by the property that carries them. */
const nestedOfUser = { roles: entities.role, userProfiles: entities.userProfile } as const

async function replaceList(
  client: PoolClient,
  tenantId: number,
  nested: Entity,
  user: string,
  wanted: Input[],
  stamp: Date,
): Promise<boolean> {
  const fields = nested.fields.filter(
    (field) => !['sourcedId', 'status', 'dateLastModified', 'user'].includes(field.name),
  )
  // Active ones stand first.
  const { rows: existing } = await client.query<Row>(
    `select n.sourced_id, n.status, ${heldSql('n', 'u')} as held, ${fields.map((field) => `n."${columnOf(field)}"`).join(', ')}
     from ${nested.table} n join users u on u.tenant_id = $1 and u.sourced_id = $2
     where n.tenant_id = $1 and n.user_sourced_id = $2 order by n.status, n.date_last_modified desc, n.sourced_id for update of n`,
    [tenantId, user],
  )
  const matched = new Set<string>()
  const missing = wanted.flatMap((record) => {
    const same = existing.find((row) => !matched.has(row['sourced_id'] as string) && isSame(row, record, fields))
    if (same) matched.add(same['sourced_id'] as string)
    if (same?.['status'] === 'active') return []
    // An ended one comes back as what it was; a changed profile stays the one of its sourcedId.
    const before = same ?? existing.find((row) => row['sourced_id'] === record['sourcedId'])
    return [before ? { ...record, sourcedId: before['sourced_id'], ...unsaid(before, record, fields) } : record]
  })
  const replaced = missing.flatMap(({ sourcedId }) => (sourcedId ? [sourcedId as string] : []))
  const gone = existing.filter((row) => row['status'] !== 'active' || !matched.has(row['sourced_id'] as string))
  const removed = gone.filter(
    (row) => row['status'] === 'active' || row['held'] || replaced.includes(row['sourced_id'] as string),
  )
  const ids = removed.map((row) => row['sourced_id'] as string)
  if (ids.length) await removeAll(client, tenantId, nested, ids, replaced, stamp)
  if (missing.length) await insertAll(client, tenantId, nested, fields, user, missing, stamp)
  return ids.length + missing.length > 0
}

/**
 * They become tobedeleted, so that packages of changes tell of their end (CSV Binding 1.2 section 5). Those that are written anew under the same
 * sourcedId make room, and so do those of a user that is tobedeleted itself: it would be shown with them (oneroster/heldSql.ts).
 */
async function removeAll(
  client: PoolClient,
  tenantId: number,
  { table }: Entity,
  ids: string[],
  replaced: string[],
  stamp: Date,
): Promise<void> {
  await client.query(
    `delete from ${table} n using users u where n.tenant_id = $1 and n.sourced_id = any($2)
       and u.tenant_id = $1 and u.sourced_id = n.user_sourced_id and (u.status = 'tobedeleted' or n.sourced_id = any($3))`,
    [tenantId, ids, replaced],
  )
  await client.query(
    `update ${table} set status = 'tobedeleted', date_last_modified = $3 where tenant_id = $1 and sourced_id = any($2)`,
    [tenantId, ids, stamp],
  )
}

type Row = Readonly<Record<string, unknown>>

function isSame(row: Row, record: Input, fields: readonly Field[]): boolean {
  if (record['sourcedId'] && record['sourcedId'] !== row['sourced_id']) return false
  return fields.every((field) => isHidden(field, record) || isEqual(row, record, field))
}

function isEqual(row: Row, record: Input, field: Field): boolean {
  const given = record[propertyOf(field)] ?? null
  return isDeepStrictEqual(row[columnOf(field)] ?? null, given === '' ? null : given)
}

/**
 * What no document shows and the writer does not say: metadata of roles and profiles, which JSON has no place for, and the password of a
 * credential. It stays with the element; who PUTs what was read would lose it otherwise.
 */
function isHidden(field: Field, record: Input): boolean {
  return field.type === 'metadata' || (field.secret === true && (record[propertyOf(field)] ?? null) === null)
}

/** The hidden values of the element that was there before; its password only for the same credential. */
function unsaid(before: Row, record: Input, fields: readonly Field[]): Input {
  const isOther = fields.some(
    (field) => ['credentialType', 'username'].includes(field.name) && !isEqual(before, record, field),
  )
  const kept = fields.filter((field) => isHidden(field, record) && !(field.secret && isOther))
  return Object.fromEntries(kept.map((field) => [propertyOf(field), before[columnOf(field)]]))
}

async function insertAll(
  client: PoolClient,
  tenantId: number,
  nested: Entity,
  fields: readonly Field[],
  user: string,
  records: Input[],
  stamp: Date,
) {
  const columns = [
    'tenant_id',
    'user_sourced_id',
    'status',
    'date_last_modified',
    'sourced_id',
    ...fields.map((field) => `"${columnOf(field)}"`),
  ]
  const values: unknown[] = []
  const rows = records.map((record) => {
    const row = [
      tenantId,
      user,
      'active',
      stamp,
      record['sourcedId'] ?? randomUUID(),
      ...fields.map((field) => stored(field, record[propertyOf(field)])),
    ]
    return `(${row.map((value) => `$${values.push(value)}`).join(', ')})`
  })
  const { rowCount } = await client.query(
    `insert into ${nested.table} (${columns.join(', ')}) values ${rows.join(', ')} on conflict (tenant_id, sourced_id) do nothing`,
    values,
  )
  if (rowCount !== records.length)
    throw coded('CONFLICT', `A ${nested.name} with one of these sourcedIds belongs to another user`)
}
