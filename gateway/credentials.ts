import type { IncomingHttpHeaders } from 'node:http'
import { normalAddress } from '../platform/addresses'
import { forwardedAddressHeader, readAddress } from '../platform/forwardedAddress'
import { forwardedSignatureHeader, readForwardedSignature } from '../platform/forwardedSignature'
import type { Signing } from '../platform/signingKeys'
import type { Credentials } from './authenticate'

/** What the headers of a request say about who is calling; `vouchedAddress` is what a facade of this hub says about from where. */
export function readCredentials(
  headers: IncomingHttpHeaders,
  address: string,
  requestId: string,
  signing: Signing,
): Credentials {
  return {
    authorization: headers.authorization,
    apiKey: one(headers['x-api-key']),
    oauth1: readForwardedSignature(one(headers[forwardedSignatureHeader]), signing),
    address: normalAddress(address) ?? address,
    requestId,
  }
}

/** The caller's address as our own facade signs it; undefined for everyone else. */
export function vouchedAddress(headers: IncomingHttpHeaders, signing: Signing): string | undefined {
  return readAddress(one(headers[forwardedAddressHeader]), signing)
}

function one(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined
}
