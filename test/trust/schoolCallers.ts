import { Client } from 'pg'
import { scopes } from '../../oneroster/scopes'
import { signAccessToken } from '../../platform/accessToken'
import { insertClient, makeCredentials } from '../../subgraphs/access/clients'
import type { Hub } from '../rest/hub'
import { insertRoster } from '../support/insertRoster'
import { createTenant } from '../support/roster'
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
  const owner = new Client({ connectionString: hub.database.ownerUrl })
  await owner.connect()
  const wanted = {
    name: code,
    description: null,
    contact: null,
    allowedAddresses: [],
    expiresAt: null,
    withApiKey: false,
    schools,
  }
  const { clientId } = await insertClient(owner, tenantId, { ...wanted, scopes: granted }, await makeCredentials(false))
  await owner.end()
  return {
    Authorization: `Bearer ${signAccessToken({ clientId, tenantId, scopes: granted }, hub.config.secret, 3600)}`,
  }
}
