'use strict'
/** Notes a read in the audit trail every millisecond and tells its parent of each, until it is killed. */
require('../support/compile.cjs')
const { readConfig } = require('../../platform/config.ts')
const { openDatabase } = require('../../platform/database.ts')
const { openReadTrail } = require('../../platform/readTrail.ts')

async function main() {
  const database = await openDatabase(readConfig().databaseAppUrl, { poolSize: 2, entities: [] })
  const trail = openReadTrail(database)
  const tenantId = Number(process.env.TENANT)
  let number = 0
  setInterval(() => {
    const identity = { tenantId, tenant: '', clientId: 'c', scopes: [], address: '', requestId: String(number++) }
    void trail.record(identity, { operation: 'readUsers', objectKind: 'user', objectCount: 1 })
    process.send({ requestId: identity.requestId, at: Date.now() })
  }, 1)
}
void main()
