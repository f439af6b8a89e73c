'use strict'
/** A worker as a process of its own, compiled as it is loaded, so that tests need no dist/. Port 0: the system chooses one. */
const { readFileSync } = require('node:fs')
const Module = require('node:module')
const path = require('node:path')
const swc = require('@swc/core')

const root = path.resolve(__dirname, '../..')
const { $schema: _schema, ...options } = JSON.parse(readFileSync(path.join(root, '.swcrc'), 'utf8'))
Module._extensions['.ts'] = (module, filename) => {
  const { code } = swc.transformSync(readFileSync(filename, 'utf8'), {
    ...options,
    filename,
    configFile: false,
    swcrc: false,
    sourceMaps: 'inline',
  })
  module._compile(code, filename)
}

const { runMain } = require('../../platform/shutdown.ts')
const { readConfig } = require('../../platform/config.ts')
const { pauseFor, startWorker } = require('../../subgraphs/imports/worker.ts')

runMain(() => {
  const config = readConfig()
  return startWorker({ ...config, ports: { ...config.ports, worker: 0 } }, pauseFor(config))
})
