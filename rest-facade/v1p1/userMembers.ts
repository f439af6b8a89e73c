import { roleOrder, userRoles } from '../../oneroster/differences11'
import { tokenShown, type Document, type View } from './shape'

interface Reference {
  readonly href: string
  readonly sourcedId: string
  readonly type: string
}

/** An element of `roles` in a user's document of 1.2. */
export interface Role {
  readonly roleType: string
  readonly role: string
  readonly org: Reference
  readonly beginDate?: string
  readonly endDate?: string
}

/** The members of a user that 1.1 has and 1.2 has not, or has as optional ones. */
export function userMembers(
  document: Document,
  { day, role, identifierFallback, baseUrl }: View,
): Record<string, unknown> {
  const roles = rolesOf((document['roles'] ?? []) as readonly Role[], day)
  const primaryOrg = document['primaryOrg'] as Reference | undefined
  const { sourcedId, identifier, email, userIds } = document as Readonly<Record<string, string>> & {
    userIds?: readonly { identifier: string }[]
  }
  const filled = identifier || (identifierFallback ? userIds?.[0]?.identifier || sourcedId : undefined)
  return {
    username: document['username'] || email || identifier || sourcedId,
    ...(filled ? { identifier: filled } : {}),
    agents: mutual(document['agents'], document['agentOf'], baseUrl),
    role: role ?? shownRole(roles, primaryOrg),
    orgs: shownOrgs(roles, primaryOrg),
  }
}

/** A guardian lists the student and the student the guardian, whichever of the two the sender wrote down. */
function mutual(agents: unknown, agentOf: unknown, baseUrl: string): Reference[] {
  const named = [...((agents ?? []) as Reference[])]
  for (const sourcedId of (agentOf ?? []) as string[]) {
    if (named.some((agent) => agent.sourcedId === sourcedId)) continue
    named.push({ href: `${baseUrl}/users/${sourcedId.replaceAll('/', '%2F')}`, sourcedId, type: 'user' })
  }
  return named
}

/** The roles that are valid on the day, that is, begun and not past their end; all of them when none is. */
function rolesOf(roles: readonly Role[], day: string): readonly Role[] {
  const valid = roles.filter(({ beginDate, endDate }) => (beginDate ?? day) <= day && day <= (endDate ?? day))
  return valid.length ? valid : roles
}

/** The primary role at primaryOrg, else the first of roleOrder; who has none is somebody's relative, who may nothing. */
function shownRole(roles: readonly Role[], primaryOrg: Reference | undefined): string {
  const main = roles.filter(({ roleType, org }) => roleType === 'primary' && org.sourcedId === primaryOrg?.sourcedId)
  const held = (main.length ? main : roles).map(({ role }) => tokenShown(userRoles, role))
  return roleOrder.find((role) => held.includes(role)) ?? roleOrder.at(-1)!
}

/** primaryOrg first, then the orgs of the roles, each once. */
function shownOrgs(roles: readonly Role[], primaryOrg: Reference | undefined): Reference[] {
  const orgs = new Map<string, Reference>()
  if (primaryOrg) orgs.set(primaryOrg.sourcedId, primaryOrg)
  for (const { org } of roles) if (!orgs.has(org.sourcedId)) orgs.set(org.sourcedId, org)
  return [...orgs.values()]
}
