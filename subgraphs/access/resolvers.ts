import { scopes } from '../../oneroster/scopes'
import { requireScope } from '../../platform/identity'
import { edgeScope } from '../../platform/knownClient'
import type { SignedRequest } from '../../platform/oauth1'
import { coded } from '../../platform/errors'
import type { Resolvers } from '../../platform/subgraph'
import { scalars } from '../roster/scalars'
import {
  auditEventsCsv,
  countAuditEvents,
  findAuditEvents,
  type AuditEventFilter,
  type AuditEventPage,
} from './auditEvents'
import { auditEventsUrl } from './auditDownload'
import type { CreateClientInput, UpdateClientInput } from './clientInput'
import { clientOfSignature } from './clientOfSignature'
import { createClient, revokeClient, rotateClient, type RotateClientArguments } from './clients'
import type { AccessContext } from './context'
import { ApiClientEntity, AuditEventEntity, TenantEntity, type ApiClient } from './entities'
import { issueToken } from './issueToken'
import { clientOfKey, clientStanding } from './knownClients'
import { configureClient, type ClientSettings } from './configureClient'
import { readPage } from './page'
import { createTenant, deleteTenant, findTenants, resumeTenant, suspendTenant } from './tenants'
import { updateClient } from './updateClient'

/** Lines of one page of CSV; text, so it may be longer than a page of objects. */
const largestCsvPage = 10_000

type PageArguments = { limit?: number | null; offset?: number | null }
type AuditArguments = PageArguments & { filter?: AuditEventFilter | null; after?: string | null }

export const resolvers: Resolvers = {
  DateTime: scalars.DateTime,

  Query: {
    tenant: (_parent: unknown, _none: unknown, context: AccessContext) => {
      const { tenantId } = context.identity
      return context.database.manager(tenantId, (manager) => manager.findOneByOrFail(TenantEntity, { tenantId }))
    },
    tenants: (_parent: unknown, _none: unknown, context: AccessContext) => {
      requireScope(context.identity, scopes.platform)
      return findTenants(context)
    },
    self: (_parent: unknown, _none: unknown, context: AccessContext) =>
      findOwnClient(context, context.identity.clientId),
    client: (_parent: unknown, { clientId }: { clientId: string }, context: AccessContext) => {
      requireScope(context.identity, scopes.clients)
      return findOwnClient(context, clientId)
    },
    clients: async (_parent: unknown, { limit, offset }: PageArguments, context: AccessContext) => {
      requireScope(context.identity, scopes.clients)
      const { tenantId } = context.identity
      const page = readPage(limit, offset)
      const [items, total] = await context.database.manager(tenantId, (manager) =>
        manager.findAndCount(ApiClientEntity, {
          where: { tenantId },
          order: { createdAt: 'DESC', clientId: 'ASC' },
          ...page,
        }),
      )
      return { items, total }
    },
    auditEvents: (_parent: unknown, { filter, limit, offset, after }: AuditArguments, context: AccessContext) => {
      requireScope(context.identity, scopes.audit)
      return findAuditEvents(context, { filter: filter ?? {}, after: after ?? null, ...readPage(limit, offset) })
    },
    auditEventsCsv: (_parent: unknown, { filter, limit, after }: AuditArguments, context: AccessContext) => {
      requireScope(context.identity, scopes.audit)
      const page = readPage(limit ?? 1000, 0, largestCsvPage)
      return auditEventsCsv(context, { filter: filter ?? {}, after: after ?? null, ...page })
    },
    auditEventsUrl: (_parent: unknown, { filter }: AuditArguments, context: AccessContext) => {
      requireScope(context.identity, scopes.audit)
      return auditEventsUrl(context, filter ?? {})
    },
    clientOfKey: (_parent: unknown, { apiKey }: { apiKey: string }, context: AccessContext) => {
      requireEdge(context)
      return clientOfKey(context, apiKey)
    },
    clientOfSignature: (_parent: unknown, { request }: { request: SignedRequest }, context: AccessContext) => {
      requireEdge(context)
      return clientOfSignature(context, request)
    },
    clientStanding: (_parent: unknown, { clientId }: { clientId: string }, context: AccessContext) => {
      requireEdge(context)
      return clientStanding(context, clientId)
    },
  },

  Mutation: {
    createTenant: (_parent: unknown, wanted: { code: string; name: string }, context: AccessContext) => {
      requireScope(context.identity, scopes.platform)
      return createTenant(context, wanted)
    },
    suspendTenant: platformAct(suspendTenant),
    resumeTenant: platformAct(resumeTenant),
    deleteTenant: platformAct(deleteTenant),
    issueToken: (
      _parent: unknown,
      asked: { clientId: string; clientSecret: string; scope?: string | null },
      context: AccessContext,
    ) => issueToken(context, asked),
    createClient: (_parent: unknown, { input }: { input: CreateClientInput }, context: AccessContext) => {
      requireScope(context.identity, scopes.clients)
      return createClient(context, input)
    },
    rotateClient: (
      _parent: unknown,
      { clientId, ...wanted }: { clientId: string } & RotateClientArguments,
      context: AccessContext,
    ) => {
      requireScope(context.identity, scopes.clients)
      return rotateClient(context, clientId, wanted)
    },
    configureClient: (
      _parent: unknown,
      { clientId, ...wanted }: { clientId: string } & ClientSettings,
      context: AccessContext,
    ) => {
      requireScope(context.identity, scopes.clients)
      return configureClient(context, clientId, wanted)
    },
    updateClient: (
      _parent: unknown,
      { clientId, input }: { clientId: string; input: UpdateClientInput },
      context: AccessContext,
    ) => {
      requireScope(context.identity, scopes.clients)
      return updateClient(context, clientId, input)
    },
    revokeClient: (_parent: unknown, { clientId }: { clientId: string }, context: AccessContext) => {
      requireScope(context.identity, scopes.clients)
      return revokeClient(context, clientId)
    },
  },

  ApiClient: {
    __resolveReference: ({ clientId }: { clientId: string }, context: AccessContext) => {
      requireScope(context.identity, scopes.clients)
      return findOwnClient(context, clientId)
    },
    allowedAddresses: (client: ApiClient) => client.allowedAddresses ?? [],
    oneroster11: (client: ApiClient) => client,
  },

  Tenant: {
    __resolveReference: ({ code }: { code: string }, { database, identity }: AccessContext) =>
      database.manager(identity.tenantId, (manager) =>
        manager.findOneBy(TenantEntity, { tenantId: identity.tenantId, code }),
      ),
  },

  AuditEventPage: {
    total: ({ filter }: AuditEventPage, _none: unknown, context: AccessContext) => countAuditEvents(context, filter),
  },

  AuditEvent: {
    __resolveReference: ({ id }: { id: string }, { database, identity }: AccessContext) => {
      requireScope(identity, scopes.audit)
      return database.manager(identity.tenantId, (manager) =>
        manager.findOneBy(AuditEventEntity, { tenantId: identity.tenantId, id }),
      )
    },
  },
}

function findOwnClient({ database, identity }: AccessContext, clientId: string): Promise<ApiClient | null> {
  const { tenantId } = identity
  return database.manager(tenantId, (manager) => manager.findOneBy(ApiClientEntity, { tenantId, clientId }))
}

/** The gateway asks before it knows who is calling, so this cannot be a scope of a client. */
function requireEdge({ identity }: AccessContext): void {
  if (!identity.scopes.includes(edgeScope)) throw coded('FORBIDDEN', 'Only the gateway may ask this')
}

function platformAct(act: typeof suspendTenant) {
  return (_parent: unknown, { code }: { code: string }, context: AccessContext) => {
    requireScope(context.identity, scopes.platform)
    return act(context, code)
  }
}
