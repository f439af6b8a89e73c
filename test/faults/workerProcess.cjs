'use strict'
/** A worker as a process of its own. Port 0: the system chooses one. */
require('../support/compile.cjs')
const { runMain } = require('../../platform/shutdown.ts')
const { readConfig } = require('../../platform/config.ts')
const { pauseFor, startWorker } = require('../../subgraphs/imports/worker.ts')

runMain(() => {
  const config = readConfig()
  return startWorker({ ...config, ports: { ...config.ports, worker: 0 } }, pauseFor(config))
})
