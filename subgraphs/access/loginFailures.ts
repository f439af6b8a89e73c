import { auditable, writeAuditEvents } from '../../platform/audit'
import { log } from '../../platform/log'
import { describe } from '../../platform/errors'
import type { AccessContext } from './context'
import type { StoredClient } from './findClient'

/** What was wrong: the pair of id and secret, an API key, a signature; or all was right, but not from that address. */
export type LoginFailure = 'clientSecret' | 'apiKey' | 'signature' | 'address'

const nobody = 0

/**
 * Writes a failed login into the trail of the client's tenant before it is answered; without a client it is nobody's, and what was sent in
 * place of an id is not kept: it may be anything, a misplaced secret included. The refusal stands even if the trail cannot be written.
 */
export async function recordLoginFailure(
  { database, identity }: AccessContext,
  client: StoredClient | undefined | null,
  failure: LoginFailure,
): Promise<void> {
  const event = {
    at: Date.now(),
    clientId: client?.clientId ?? '',
    operation: 'loginFailed',
    objectKind: failure,
    objectIds: [],
    objectCount: 0,
    parentIds: [],
    filters: [],
    address: auditable(identity.address),
    requestId: auditable(identity.requestId),
  }
  try {
    await writeAuditEvents(database, client?.tenantId ?? nobody, [event])
  } catch (error) {
    const { clientId, objectKind, address, requestId } = event
    log.error('login failure not recorded', { clientId, objectKind, address, requestId, error: describe(error) })
  }
}
