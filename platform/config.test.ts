import express from 'express'
import { readConfig } from './config'
import { createDoor } from './door'

/** What a wrong value is told as, at the start. */
function problemsOf(env: Record<string, string>): string {
  try {
    readConfig(env)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

describe('a wrong value of the environment', () => {
  it.each([
    ['a level that nobody logs at', { LOG_LEVEL: 'loud' }, 'LOG_LEVEL must be one of error, warn, info, debug'],
    ['a word that would pass for development', { NODE_ENV: 'prod' }, 'NODE_ENV must be one of production'],
    ['proxies that are no addresses', { TRUST_PROXY: '10.0.0.1, proxy' }, 'TRUST_PROXY must be a number'],
    ['a login that is no URL', { DATABASE_APP_URL: 'rosterhub' }, 'DATABASE_APP_URL must be a URL'],
    ['another database', { DATABASE_WORKER_URL: 'mysql://x/y' }, 'DATABASE_WORKER_URL must be a URL'],
    ['yes for 1', { PERSISTED_OPERATIONS_ONLY: 'yes' }, 'PERSISTED_OPERATIONS_ONLY must be one of 0, 1'],
    ['only these, but none', { PERSISTED_OPERATIONS_ONLY: '1' }, 'needs PERSISTED_OPERATIONS_FILE'],
    ['a port that is none', { PORT_BASE: 'x' }, 'PORT_BASE must be a number from 1 to 64000'],
  ])('%s is told by the name of the variable', (_what, env, told) => {
    expect(problemsOf(env)).toContain(told)
  })

  it('is told together with all the others, each once, without the value of a URL', () => {
    const told = problemsOf({ DATABASE_URL: 'x://secret', REDIS_URL: 'http://secret', LOG_LEVEL: 'loud' })
    expect(told).toMatch(/^The configuration has 3 problem/)
    expect(told).not.toContain('secret')
  })

  it('is none when it is empty or as documented', () => {
    expect(problemsOf({ TRUST_PROXY: '', LOG_LEVEL: '', NODE_ENV: '', PERSISTED_OPERATIONS_ONLY: '' })).toBe('')
    for (const value of ['0', '2', 'loopback', '10.0.0.0/8, 192.0.2.1', '2001:db8::/32'])
      expect(problemsOf({ TRUST_PROXY: value })).toBe('')
  })

  it('is told by whoever reads the file that it names', () => {
    const { tls } = readConfig({ TLS_CERT_FILE: '/c', TLS_KEY_FILE: '/k' })
    expect(() => createDoor({ tls }, express())).toThrow(/^TLS_CERT_FILE or TLS_KEY_FILE cannot be used: ENOENT/)
  })
})
