import { scopes } from '../oneroster/scopes'
import type { DevelopmentFile } from './developmentClients'

/** What a newcomer reads after `npm start`: addresses, credentials, and commands that work when pasted. */
export function welcome(dev: DevelopmentFile): string {
  const { restUrl, graphqlUrl, tokenUrl, vendor, demographicsVendor, admin } = dev
  return `
RosterHub runs.

  REST      ${restUrl}
  GraphQL   ${graphqlUrl}
  Tokens    ${tokenUrl}

Credentials (also in .rosterhub/dev.json):
  vendor               client ${vendor.clientId}  secret ${vendor.clientSecret}
                       API key ${vendor.apiKey}
  demographicsVendor   client ${demographicsVendor.clientId}  secret ${demographicsVendor.clientSecret}
  admin                client ${admin.clientId}  secret ${admin.clientSecret}
                       API key ${admin.apiKey}

Try it:

1. Users over OneRoster REST, with a token:
   ${tokenLine(dev)}

2. Schools over OneRoster REST, with an API key:
   curl -s -H 'X-API-Key: ${vendor.apiKey}' '${restUrl}/schools?limit=2'

3. A query over GraphQL:
   curl -s -H 'X-API-Key: ${vendor.apiKey}' -H 'Content-Type: application/json' -d '{"query":"{ classes(limit: 2) { total items { title school { name } students(limit: 2) { items { givenName familyName } } } } }"}' ${graphqlUrl}

Upload a roster of your own (the answer holds the job's id):
   curl -s -H 'X-API-Key: ${admin.apiKey}' -H 'Apollo-Require-Preflight: true' -F 'operations={"query":"mutation ($file: Upload!) { importRoster(file: $file) { id state } }","variables":{"file":null}}' -F 'map={"file":["variables.file"]}' -F 'file=@sample/district.zip' ${graphqlUrl}

Ctrl-C stops everything.`
}

/** Needs no JSON tool beside curl: sed takes the token out of the answer. */
function tokenLine({ restUrl, tokenUrl, vendor }: DevelopmentFile): string {
  const form = `-d grant_type=client_credentials --data-urlencode 'scope=${scopes.roster}'`
  const token = `curl -s -u '${vendor.clientId}:${vendor.clientSecret}' ${form} ${tokenUrl} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/'`
  return `curl -s -H "Authorization: Bearer $(${token})" '${restUrl}/users?limit=2'`
}
