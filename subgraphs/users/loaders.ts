import DataLoader from 'dataloader'
import { In } from 'typeorm'
import { entities, type Entity } from '../../oneroster/model'
import type { RosterContext } from '../roster/context'
import type { RosterRow } from '../roster/entitySchema'
import { schemaOf } from '../roster/record'

/** The active roles of a user, in the order of their sourcedId. */
export function loadRoles(userSourcedId: string, context: RosterContext): Promise<readonly RosterRow[]> {
  return loadOfUser(entities.role, userSourcedId, context)
}

/** The active profiles of a user. */
export function loadUserProfiles(userSourcedId: string, context: RosterContext): Promise<readonly RosterRow[]> {
  return loadOfUser(entities.userProfile, userSourcedId, context)
}

function loadOfUser(entity: Entity, userSourcedId: string, context: RosterContext): Promise<readonly RosterRow[]> {
  const key = `${entity.collection} of user`
  let loader = context.loaders.get(key)
  if (!loader) {
    const { tenantId } = context.identity
    loader = new DataLoader<string, unknown>(async (users) => {
      const rows = await context.database.manager(tenantId, (manager) =>
        manager.getRepository(schemaOf(entity)).find({
          where: { tenantId, userSourcedId: In([...users]), status: 'active' },
          order: { sourcedId: 'asc' },
        }),
      )
      const byUser = new Map<string, RosterRow[]>(users.map((user) => [user, []]))
      for (const row of rows) byUser.get(row['userSourcedId'] as string)?.push(row)
      return users.map((user) => byUser.get(user))
    })
    context.loaders.set(key, loader)
  }
  return loader.load(userSourcedId) as Promise<readonly RosterRow[]>
}
