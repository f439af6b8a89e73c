const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const ourUrn = 'urn:rosterhub:userProfile:'

/** A profile is a GUID in CSV and a URI in JSON: a UUID becomes `urn:uuid:`, any other GUID a urn of ours. documentSql.ts says the same in SQL. */
export function profileId(sourcedId: string): string {
  return (uuid.test(sourcedId) ? 'urn:uuid:' : ourUrn) + sourcedId
}

/** The GUID behind a profileId; a bare GUID stays as it is. */
export function profileSourcedId(uri: string): string {
  return uri.startsWith(ourUrn) ? uri.slice(ourUrn.length) : uri.replace(/^urn:uuid:/, '')
}
