'use strict'
const { readFileSync } = require('node:fs')
const path = require('node:path')

const { $schema: _schema, ...swc } = JSON.parse(readFileSync(path.join(__dirname, '.swcrc'), 'utf8'))

/** @type {import('jest').Config} */
module.exports = {
  rootDir: __dirname,
  testMatch: ['**/*.test.ts'],
  transform: { '\\.ts$': ['@swc/jest', swc] },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.rosterhub/'],
  watchman: false,
  testEnvironment: 'node',
  globalSetup: '<rootDir>/test/support/globalSetup.ts',
  globalTeardown: '<rootDir>/test/support/globalTeardown.ts',
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/support/longestFirst.cjs',
  // A machine that is four times slower fails no test; what waits in vain says so earlier (test/support/until.ts).
  testTimeout: 200_000,
}
