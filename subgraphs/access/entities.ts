import { EntitySchema } from 'typeorm'

export interface Tenant {
  readonly tenantId: number
  readonly code: string
  readonly name: string
  readonly createdAt: Date
  readonly suspendedAt: Date | null
  readonly deletingAt: Date | null
}

export interface ApiClient {
  readonly tenantId: number
  readonly clientId: string
  readonly name: string
  readonly description: string | null
  readonly contact: string | null
  readonly scopes: string[]
  /** Schools it may see; null: all. */
  readonly schools: string[] | null
  readonly allowedAddresses: string[] | null
  /** Requests a minute; null: as configured for all. */
  readonly rateLimit: number | null
  readonly apiKeyPrefix: string | null
  /** The ways in which it may sign requests; none: OAuth 1 is not for it. */
  readonly oauth1Methods: string[]
  /** How OneRoster 1.1 is answered to it. */
  readonly jsonBooleans: boolean
  readonly unknownParentIsError: boolean
  readonly identifierFallback: boolean
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
  readonly createdAt: Date
}

export interface AuditEvent {
  readonly tenantId: number
  /** bigint, which JavaScript keeps as text. */
  readonly id: string
  readonly at: Date
  readonly clientId: string
  readonly operation: string
  readonly objectKind: string
  readonly objectIds: string[]
  readonly objectCount: number
  readonly parentIds: string[]
  readonly filters: string[]
  readonly address: string | null
  readonly requestId: string
}

export const TenantEntity = new EntitySchema<Tenant>({
  name: 'Tenant',
  tableName: 'tenants',
  columns: {
    tenantId: { name: 'tenant_id', type: 'integer', primary: true },
    code: { type: 'text' },
    name: { type: 'text' },
    createdAt: { name: 'created_at', type: 'timestamptz' },
    suspendedAt: { name: 'suspended_at', type: 'timestamptz', nullable: true },
    deletingAt: { name: 'deleting_at', type: 'timestamptz', nullable: true },
  },
})

/** Hashes and encrypted secrets are not mapped: what is not there cannot be served by accident. */
export const ApiClientEntity = new EntitySchema<ApiClient>({
  name: 'ApiClient',
  tableName: 'api_clients',
  columns: {
    tenantId: { name: 'tenant_id', type: 'integer' },
    clientId: { name: 'client_id', type: 'text', primary: true },
    name: { type: 'text' },
    description: { type: 'text', nullable: true },
    contact: { type: 'text', nullable: true },
    scopes: { type: 'text', array: true },
    schools: { type: 'text', array: true, nullable: true },
    allowedAddresses: { name: 'allowed_addresses', type: 'text', array: true, nullable: true },
    rateLimit: { name: 'rate_limit', type: 'integer', nullable: true },
    apiKeyPrefix: { name: 'key_prefix', type: 'text', nullable: true },
    oauth1Methods: { name: 'oauth1_methods', type: 'text', array: true },
    jsonBooleans: { name: 'json_booleans', type: 'boolean' },
    unknownParentIsError: { name: 'unknown_parent_is_error', type: 'boolean' },
    identifierFallback: { name: 'identifier_fallback', type: 'boolean' },
    expiresAt: { name: 'expires_at', type: 'timestamptz', nullable: true },
    revokedAt: { name: 'revoked_at', type: 'timestamptz', nullable: true },
    createdAt: { name: 'created_at', type: 'timestamptz' },
  },
})

export const AuditEventEntity = new EntitySchema<AuditEvent>({
  name: 'AuditEvent',
  tableName: 'audit_events',
  columns: {
    tenantId: { name: 'tenant_id', type: 'integer' },
    id: { name: 'event_id', type: 'bigint', primary: true },
    at: { type: 'timestamptz' },
    clientId: { name: 'client_id', type: 'text' },
    operation: { type: 'text' },
    objectKind: { name: 'object_kind', type: 'text' },
    objectIds: { name: 'object_ids', type: 'text', array: true },
    objectCount: { name: 'object_count', type: 'integer' },
    parentIds: { name: 'parent_ids', type: 'text', array: true },
    filters: { type: 'text', array: true },
    address: { type: 'text', nullable: true },
    requestId: { name: 'request_id', type: 'text' },
  },
})
