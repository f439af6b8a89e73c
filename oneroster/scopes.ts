/** OAuth 2 scopes: the standard's for reading (OneRoster 1.2 Rostering OpenAPI, securitySchemes), ours for what the standard has no word for. */
const prefix = 'https://purl.imsglobal.org/spec/or/v1p2/scope/'

export const scopes = {
  /** The 22 "get all" and "get one" operations, demographics excepted. */
  rosterCore: `${prefix}roster-core.readonly`,
  /** Those and the 17 relationship paths. */
  roster: `${prefix}roster.readonly`,
  /** The two demographics operations, and only those. */
  demographics: `${prefix}roster-demographics.readonly`,
  rosterWrite: 'urn:rosterhub:scope:roster.write',
  imports: 'urn:rosterhub:scope:imports',
  exports: 'urn:rosterhub:scope:exports',
  clients: 'urn:rosterhub:scope:clients',
  audit: 'urn:rosterhub:scope:audit',
  /** Everything held on one person, and erasing it. */
  privacy: 'urn:rosterhub:scope:privacy',
  /** Making, suspending and deleting tenants: for who runs the hub, not for a board. */
  platform: 'urn:rosterhub:scope:platform',
} as const

export type Scope = (typeof scopes)[keyof typeof scopes]
