import type { PoolClient } from 'pg'
import type { Input } from '../../oneroster/inputFindings'
import type { Entity } from '../../oneroster/model'
import { coded } from '../../platform/errors'

/** Throws CONFLICT when a write would bring back a person who was erased, or refer to one. */
export async function refuseErased(client: PoolClient, tenantId: number, entity: Entity, input: Input): Promise<void> {
  const people = peopleIn(entity, input)
  if (!people.length) return
  const { rowCount } = await client.query(
    `select from erasure_keys k join erased_people e on e.tenant_id = k.tenant_id
     where k.tenant_id = $1 and e.person_hash in (select person_hash(k.key, id) from unnest($2::text[]) as people (id)) limit 1`,
    [tenantId, people],
  )
  if (rowCount)
    throw coded('CONFLICT', 'A person in this record was erased; liftErasure would let the person come back')
}

/** The sourcedIds of users that a record is about or names. */
function peopleIn(entity: Entity, input: Input): string[] {
  const named: Partial<Record<Entity['name'], readonly unknown[]>> = {
    user: [input['sourcedId'], ...((input['agentSourcedIds'] as unknown[] | null | undefined) ?? [])],
    demographics: [input['sourcedId']],
    enrollment: [input['userSourcedId']],
  }
  return (named[entity.name] ?? []).filter((id): id is string => typeof id === 'string' && !id.includes('\0'))
}
