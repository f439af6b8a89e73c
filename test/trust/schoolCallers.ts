import { scopes } from '../../oneroster/scopes'
import { signAccessToken } from '../../platform/accessToken'
import type { Hub } from '../support/hub'
import { insertRoster } from '../support/insertRoster'
import { createApiClient, createTenant } from '../support/roster'
import type { Roster } from './randomRoster'

export type Caller = { Authorization: string }

const reading = [scopes.rosterCore, scopes.roster, scopes.demographics]

/** A tenant with this roster and a client of it that may read (or do) all or these schools. */
export async function callerOf(
  hub: Pick<Hub, 'database' | 'config'>,
  code: string,
  roster: Roster,
  schools: string[] | null,
  granted: string[] = reading,
): Promise<Caller> {
  const tenantId = await createTenant(hub.database.ownerUrl, code)
  await insertRoster(hub.database.ownerUrl, tenantId, roster)
  const { clientId } = await createApiClient(hub.database.ownerUrl, tenantId, { name: code, scopes: granted, schools })
  return {
    Authorization: `Bearer ${signAccessToken({ clientId, tenantId, scopes: granted }, hub.config.secret, 3600)}`,
  }
}
