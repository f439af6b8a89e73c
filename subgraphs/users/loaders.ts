import DataLoader from 'dataloader'
import { In } from 'typeorm'
import { entities, type Entity } from '../../oneroster/model'
import type { RosterContext } from '../roster/context'
import type { RosterRow } from '../roster/entitySchema'
import { schemaOf } from '../roster/record'

/** The roles that a user is shown with (oneroster/heldSql.ts), in the order of their sourcedId. */
export function loadRoles(user: RosterRow, context: RosterContext): Promise<readonly RosterRow[]> {
  return loadShown(entities.role, user, context)
}

/** The active profiles of a user. */
export function loadUserProfiles(user: RosterRow, context: RosterContext): Promise<readonly RosterRow[]> {
  return loadShown(entities.userProfile, user, context)
}

async function loadShown(entity: Entity, user: RosterRow, context: RosterContext): Promise<readonly RosterRow[]> {
  const stampOf = (row: RosterRow) => (row['dateLastModified'] as Date).getTime()
  const wentAlong = (row: RosterRow) => user['status'] === 'tobedeleted' && stampOf(row) === stampOf(user)
  const rows = await loadOfUser(entity, user.sourcedId, context)
  return rows.filter((row) => row['status'] === 'active' || wentAlong(row))
}

function loadOfUser(entity: Entity, userSourcedId: string, context: RosterContext): Promise<readonly RosterRow[]> {
  const key = `${entity.collection} of user`
  let loader = context.loaders.get(key)
  if (!loader) {
    const { tenantId } = context.identity
    loader = new DataLoader<string, unknown>(async (users) => {
      const rows = await context.database.manager(tenantId, (manager) =>
        manager.getRepository(schemaOf(entity)).find({
          where: { tenantId, userSourcedId: In([...users]) },
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
