import { signAccessToken } from '../platform/accessToken'
import type { SigningKey } from '../platform/signingKeys'
import { rememberedMilliseconds } from './callers'
import { knownTokens } from './knownTokens'

const claims = { clientId: 'a', tenantId: 1, scopes: ['x'] }

/** Keys whose one key can be taken away. */
function keys() {
  const key: SigningKey = { id: 'k1', secret: 'the secret of this test alone, long enough' }
  let retired = false
  return {
    current: () => key,
    find: (id: unknown) => (id === key.id && !retired ? key : undefined),
    retire: () => (retired = true),
  }
}

describe('tokens that were verified a moment ago', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setTimeout'] }))
  afterEach(() => jest.useRealTimers())

  it('end with their key after a few seconds, and not before', () => {
    const signing = keys()
    const read = knownTokens(signing)
    const token = signAccessToken(claims, signing, 3600)
    expect(read(token)).toMatchObject(claims)
    signing.retire()
    expect(read(token)).toMatchObject(claims)
    jest.advanceTimersByTime(rememberedMilliseconds)
    expect(read(token)).toBeUndefined()
  })

  it('end on time, however lately they were read', () => {
    const signing = keys()
    const read = knownTokens(signing)
    const token = signAccessToken(claims, signing, 2)
    expect(read(token)).toBeDefined()
    jest.advanceTimersByTime(2_000)
    expect(read(token)).toBeUndefined()
  })

  it('are told from forged ones that differ in one character', () => {
    const signing = keys()
    const read = knownTokens(signing)
    const token = signAccessToken(claims, signing, 3600)
    expect(read(token)).toBeDefined()
    const last = token.at(-2) === 'A' ? 'B' : 'A'
    expect(read(token.slice(0, -2) + last + token.at(-1)!)).toBeUndefined()
  })
})
