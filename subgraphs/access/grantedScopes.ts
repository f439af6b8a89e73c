import { scopes } from '../../oneroster/scopes'
import { coded } from '../../platform/errors'

const known: readonly string[] = Object.values(scopes)

/** What an administrator of clients may give to any client: reading the roster is what clients are for. */
const readScopes: readonly string[] = [scopes.rosterCore, scopes.roster, scopes.demographics]

/** What shows no more than the client's schools. Everything else, also what comes to the hub later, is not for clients with schools. */
const schoolScopes: readonly string[] = [...readScopes, scopes.exports]

/** The scopes that a client can make use of: one that may see some schools only can neither import nor administrate, whatever it was given. */
export function usableScopes({
  scopes: given,
  schools,
}: {
  scopes: readonly string[]
  schools: readonly string[] | null
}) {
  return schools ? given.filter((scope) => schoolScopes.includes(scope)) : given
}

/** With the scopes that are a part of others: who may read the roster may ask for its core alone, as some consumers do. */
export function withParts(given: readonly string[]): string[] {
  const isWhole = given.includes(scopes.roster) && !given.includes(scopes.rosterCore)
  return isWhole ? [scopes.rosterCore, ...given] : [...given]
}

/** Throws INVALID_DATA when a client would get scopes that it could not use with its schools. */
export function checkSchoolScopes(client: { scopes: readonly string[]; schools: readonly string[] | null }): void {
  const usable = usableScopes(client)
  const beyond = client.scopes.filter((scope) => !usable.includes(scope))
  if (beyond.length) {
    const problem = `A client with schools may have ${schoolScopes.join(', ')}; not ${beyond.join(', ')}`
    throw coded('INVALID_DATA', problem, { field: 'schools' })
  }
}

/**
 * The scopes a client gets: what it asked for and is allowed, or a part of it, or all it is allowed when it did not ask (RFC 6749 section 3.3).
 * Unknown scopes are ignored; http:// in place of https:// is understood. Throws INVALID_DATA (oauthError invalid_scope) when none is left.
 */
export function grantScopes(asked: string | null | undefined, allowed: readonly string[]): string[] {
  const wanted = asked?.split(' ').filter(Boolean).map(canonicalScope)
  const granted = wanted?.length
    ? withParts(allowed).filter((scope) => known.includes(scope) && wanted.includes(scope))
    : allowed.filter((scope) => known.includes(scope))
  if (granted.length) return granted
  throw coded('INVALID_DATA', `None of the scopes asked for is allowed; this client may have: ${allowed.join(' ')}`, {
    oauthError: 'invalid_scope',
  })
}

/**
 * The scopes for a new client, each once. Throws INVALID_DATA for one that does not exist and FORBIDDEN for one the caller may not give:
 * beyond reading the roster nobody can give what he does not hold.
 */
export function assignableScopes(wanted: readonly string[], held: readonly string[]): string[] {
  const canonical = [...new Set(wanted.map(canonicalScope))]
  const unknown = canonical.find((scope) => !known.includes(scope))
  if (unknown !== undefined || !canonical.length) {
    throw coded('INVALID_DATA', `scopes: at least one, out of ${known.join(', ')}`, { field: 'scopes' })
  }
  const beyond = canonical.filter((scope) => !readScopes.includes(scope) && !held.includes(scope))
  if (beyond.length) throw coded('FORBIDDEN', `Only a holder of ${beyond.join(', ')} may act on a client that has it`)
  return canonical
}

/**
 * The granted scopes under the names in which they were asked for: clients of OneRoster 1.1 look for the names of 1.1 in the answer
 * (RFC 6749 section 5.1).
 */
export function asAsked(asked: string | null | undefined, granted: readonly string[]): string[] {
  const names = [...new Set(asked?.split(' ').filter(Boolean).map(withHttps))]
  return granted.flatMap((scope) => {
    const known = names.filter((name) => canonicalScope(name) === scope)
    return known.length ? known : [scope]
  })
}

/** The rostering scopes of 1.1 are those of 1.2 in all but the version in their names. */
function canonicalScope(scope: string): string {
  return withHttps(scope).replace(
    'https://purl.imsglobal.org/spec/or/v1p1/',
    'https://purl.imsglobal.org/spec/or/v1p2/',
  )
}

function withHttps(scope: string): string {
  return scope.replace(/^http:\/\/purl\./, 'https://purl.')
}
