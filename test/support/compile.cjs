'use strict'
/** For processes that tests start: TypeScript is compiled as it is loaded, so that they need no dist/. */
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
