import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import jwt from 'jsonwebtoken'
import { readAccessToken, signAccessToken } from '../../platform/accessToken'
import { readConfig } from '../../platform/config'
import { signIdentity, verifyIdentity } from '../../platform/identity'
import { projectRoot } from '../../platform/projectRoot'
import { rotateSigningKeys } from '../../platform/rotateSigningKeys'
import { signingKeysOfFile } from '../../platform/signingKeys'
import { identityOf } from '../support/roster'
import { until } from '../support/until'
import { ask, bearer } from '../support/ask'
import { startHub, type Hub } from '../support/hub'

const run = promisify(execFile)
const secret = 'the secret of this hub, as long as it should be'
const kidOf = (token: string) => jwt.decode(token, { complete: true })!.header.kid
const claims = { clientId: 'x', tenantId: 1, scopes: [] }

/** Keys are changed while the hub runs, and nobody notices but whoever held the old one too long. */
describe('signing keys', () => {
  let folder: string
  let file: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rosterhub-keys-'))
    file = path.join(folder, 'keys.json')
  })
  afterEach(async () => {
    jest.useRealTimers()
    await rm(folder, { recursive: true, force: true })
  })
  /** The keys as a process of their own would hold them. */
  const process1 = () => signingKeysOfFile(file, secret, { lookEveryMilliseconds: 0 })

  it('are two at once after a rotation: tokens signed before are good until the old key ends, then refused', () => {
    jest.useFakeTimers({ now: Date.now() })
    const keys = process1()
    const before = signAccessToken(claims, keys, 3600)
    expect(before && readAccessToken(before, secret)).toBeDefined()
    rotateSigningKeys(file, { afterSeconds: 300, overlapSeconds: 700 })
    const stillOld = signAccessToken(claims, keys, 3600)
    expect(kidOf(stillOld)).toBe(kidOf(before))
    jest.advanceTimersByTime(350_000)
    const after = signAccessToken(claims, keys, 3600)
    expect(kidOf(after)).not.toBe(kidOf(before))
    for (const token of [before, stillOld, after]) expect(readAccessToken(token, keys)).toMatchObject(claims)
    jest.advanceTimersByTime(700_000)
    expect(readAccessToken(before, keys)).toBeUndefined()
    expect(readAccessToken(stillOld, keys)).toBeUndefined()
    expect(readAccessToken(after, keys)).toMatchObject(claims)
    // The key of ROSTERHUB_SECRET has ended with the rest: who holds the secret alone signs nothing any more.
    expect(readAccessToken(signAccessToken(claims, secret, 3600), keys)).toBeUndefined()
    rotateSigningKeys(file, { afterSeconds: 0, overlapSeconds: 60 })
    expect(readAccessToken(after, keys)).toMatchObject(claims)
  })

  it('agree between processes at every moment of a rotation, whoever reads the file first', () => {
    const [gateway, subgraph] = [process1(), signingKeysOfFile(file, secret, { lookEveryMilliseconds: 200 })]
    jest.useFakeTimers({ now: Date.now() })
    setTimeout(() => rotateSigningKeys(file, { afterSeconds: 0.5, overlapSeconds: 60 }), 200)
    const ids = new Set<unknown>()
    for (let step = 0; step < 150; step++) {
      const statement = signIdentity(identityOf(1), gateway, 'request')
      ids.add(kidOf(statement))
      expect(verifyIdentity(statement, subgraph).identity.tenantId).toBe(1)
      expect(verifyIdentity(signIdentity(identityOf(1), subgraph, 'request'), gateway).identity.tenantId).toBe(1)
      jest.advanceTimersByTime(10)
    }
    expect(ids.size).toBe(2)
  })

  it('that leaked end at once, with everything they signed', () => {
    const keys = process1()
    const leaked = signAccessToken(claims, keys, 3600)
    rotateSigningKeys(file, { afterSeconds: 0, overlapSeconds: 0 })
    expect(readAccessToken(leaked, keys)).toBeUndefined()
    expect(readAccessToken(signAccessToken(claims, keys, 3600), keys)).toMatchObject(claims)
  })

  it('stay what they are when the file breaks or vanishes under a running process, and stop a process that starts', async () => {
    rotateSigningKeys(file, { afterSeconds: 0, overlapSeconds: 0 })
    const said: string[] = []
    const keys = signingKeysOfFile(file, secret, { lookEveryMilliseconds: 0, say: (problem) => said.push(problem) })
    const token = signAccessToken(claims, keys, 3600)
    const broken = ['', '{', '{"keys":[]}', '{"keys":[{"secret":"short","signsFrom":"2020-01-01","validUntil":null}]}']
    for (const content of broken) {
      await writeFile(file, content)
      expect(readAccessToken(token, keys)).toMatchObject(claims)
      expect(() => readConfig({ ROSTERHUB_SECRET: secret, SIGNING_KEYS_FILE: file })).toThrow(/SIGNING_KEYS_FILE/)
    }
    expect(said.join()).not.toContain('short"')
    expect(said.length).toBeGreaterThanOrEqual(broken.length)
    await rm(file)
    expect(readAccessToken(token, keys)).toMatchObject(claims)
  })

  it('are rotated under a hub that serves: the door opens with both, and the token endpoint signs with the new one', async () => {
    const hub: Hub = await startHub('one process per service', { env: { SIGNING_KEYS_FILE: file } })
    try {
      const before = await bearer(hub, hub.clients.vendor)
      const command = [path.join(projectRoot, 'scripts/bootstrap.cjs'), 'platform/rotateSigningKeys', '--after', '0']
      const env = { ...process.env, ...hub.database.env, SIGNING_KEYS_FILE: file }
      const { stdout } = await run(process.execPath, command, { env })
      const id = /^Key (\w{16}) signs from/.exec(stdout)?.[1]
      const after = await until('the token endpoint signs with it', async () => {
        const token = await bearer(hub, hub.clients.vendor)
        return kidOf(token.authorization.slice(7)) === id && token
      })
      for (const token of [before, after]) {
        expect((await ask(hub, '{ users { total } }', {}, token)).data).toEqual({ users: { total: 0 } })
      }
    } finally {
      await hub.close()
    }
  })
})

describe('ROSTERHUB_SECRET in production', () => {
  const start = (value: string | undefined) =>
    readConfig({ NODE_ENV: 'production', ...(value === undefined ? {} : { ROSTERHUB_SECRET: value }) }).production

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['the one of development', 'rosterhub-development-secret'],
    ['the one of development, lengthened', 'rosterhub-development-secret-0123456789'],
    ['short', 'k7Hq9xX2mPz4'],
    ['one letter again and again', 'a'.repeat(64)],
    ['a placeholder', 'please-change-me-0123456789-abcdefghij'],
  ])('that is %s stops the process', (_what, value) => {
    expect(() => start(value)).toThrow(/ROSTERHUB_SECRET/)
  })

  it('made by a machine is taken', () => {
    expect(start('pX3n1T0dWJvH8kqRZ5yBcLmF2sGaE7uI9oQwKtYxVb4')).toBe(true)
  })
})
