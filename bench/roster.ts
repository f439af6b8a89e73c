import { documentSql } from '../oneroster/documentSql'
import { entities } from '../oneroster/model'
import type { Hub } from './servers'

/** What the read path needs to know of the roster it reads. */
export interface Roster {
  readonly users: number
  readonly someIds: readonly string[]
  readonly classId: string
  readonly classSize: number
  /** 50 users have changed since. */
  readonly changedAfter: string
  /** How far down the deep page is, in pages of `step`, and the record before it. */
  readonly depth: number
  readonly step: number
  readonly idAtDepth: string
}

/** Looks at a filled roster, after 50 of its users were changed. */
export async function lookAtRoster({ owner, tenantId }: Hub): Promise<Roster> {
  const changedAfter = await changeFifty({ owner, tenantId })
  await owner.query('vacuum (analyze)')
  const one = async <Row extends object>(text: string, ...values: unknown[]) =>
    (await owner.query<Row>(text, [tenantId, ...values])).rows[0]!
  const { users } = await one<{ users: number }>('select count(*)::int as users from users where tenant_id = $1')
  const { ids } = await one<{ ids: string[] }>(
    `select array_agg(sourced_id) as ids from (select sourced_id from users where tenant_id = $1
       order by md5(sourced_id) limit 1000) picked`,
  )
  const { id, size } = await one<{ id: string; size: number }>(
    `select class_sourced_id as id, count(distinct user_sourced_id)::int as size from enrollments
     where tenant_id = $1 and role = 'student' and status = 'active'
     group by class_sourced_id having count(distinct user_sourced_id) between 25 and 40 order by class_sourced_id limit 1`,
  )
  // Near the end, where a client gets to that reads the whole roster in pages.
  const step = users > 20_000 ? 10_000 : 1_000
  const depth = Math.max(step, Math.floor((users * 0.95) / step) * step)
  const { sourced_id: idAtDepth } = await one<{ sourced_id: string }>(
    'select sourced_id from users where tenant_id = $1 order by sourced_id offset $2 limit 1',
    depth - 1,
  )
  return { users, someIds: ids, classId: id, classSize: size, changedAfter, depth, step, idAtDepth }
}

/** Changes 50 users spread over the roster, as a merge would; answers the stamp before. */
async function changeFifty({ owner, tenantId }: Pick<Hub, 'owner' | 'tenantId'>): Promise<string> {
  const ids = `select sourced_id from users where tenant_id = $1 order by md5(sourced_id || 'changed') limit 50`
  await owner.query('begin')
  const before = await owner.query<{ stamp: Date }>('select stamp from roster_state where tenant_id = $1', [tenantId])
  const { rows } = await owner.query<{ stamp: Date }>(
    `update roster_state set stamp = greatest(date_trunc('milliseconds', clock_timestamp()), stamp + interval '1 millisecond')
     where tenant_id = $1 returning stamp`,
    [tenantId],
  )
  await owner.query(`update users set date_last_modified = $2 where tenant_id = $1 and sourced_id in (${ids})`, [
    tenantId,
    rows[0]!.stamp,
  ])
  await owner.query(
    `update users u set document = ${documentSql(entities.user, 'u')} where u.tenant_id = $1 and u.sourced_id in (${ids})`,
    [tenantId],
  )
  await owner.query('commit')
  return before.rows[0]!.stamp.toISOString()
}
