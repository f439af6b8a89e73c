import { auditable, writeAuditEvents } from '../../platform/audit'
import { log } from '../../platform/log'
import { securityEvent } from '../../platform/securityEvents'
import { describe } from '../../platform/errors'
import type { AccessContext } from './context'
import type { StoredClient } from './findClient'

/** What was wrong: the pair of id and secret, an API key, a signature; or all was right, but not from that address. */
export type LoginFailure = 'clientSecret' | 'apiKey' | 'signature' | 'address'

const nobody = 0

/**
 * Tells operators of a failed login (securityEvents.ts) and writes it into the trail of the client's tenant before it is answered. Without a
 * client it is nobody's, and what was sent in place of an id is not kept: it may be anything, a misplaced secret included. The refusal stands
 * even if the trail cannot be written.
 */
export async function recordLoginFailure(
  { database, identity }: AccessContext,
  client: StoredClient | undefined | null,
  failure: LoginFailure,
  reason?: string,
): Promise<void> {
  const { address, requestId } = identity
  const clientId = client?.clientId
  securityEvent(failure === 'address' ? 'addressRefused' : 'loginFailed', clientId ?? address, {
    ...{ failure, address, requestId },
    ...(clientId ? { clientId } : {}),
    ...(reason ? { reason } : {}),
  })
  const event = {
    at: Date.now(),
    clientId: clientId ?? '',
    operation: 'loginFailed',
    objectKind: failure,
    objectIds: [],
    objectCount: 0,
    parentIds: [],
    filters: [],
    address: auditable(address),
    requestId: auditable(requestId),
  }
  try {
    await writeAuditEvents(database, client?.tenantId ?? nobody, [event])
  } catch (error) {
    log.error('login failure not recorded', { clientId, failure, address, requestId, error: describe(error) })
  }
}
