import { createHmac } from 'node:crypto'
import { isOauth1, isSignedWith, percentEncode, readSignature, sign, type SignedRequest } from './oauth1'

const url = "https://hub.example/ims/oneroster/v1p1/users?limit=100&offset=0&filter=status='active'"
const header = (method: string, signature: string, more = '') =>
  `OAuth oauth_consumer_key="key",oauth_signature_method="${method}",oauth_timestamp="1700000000",` +
  `oauth_nonce="abcdefghij",oauth_signature="${encodeURIComponent(signature)}"${more}`
const isRight = (request: SignedRequest, secret = 'secret') => {
  const signature = readSignature(request)
  return signature !== undefined && isSignedWith([secret], request, signature)
}
const known = {
  'HMAC-SHA256': 'udt8KWMxU3o/MT06nab6XGHDYwO8OqqhxbuTd9KVaHw=',
  'HMAC-SHA1': 'd5lJ8Ol53GdfWJsLSJHa+9CSmJA=',
}

/** Values computed by other programs. */
test.each(Object.entries(known))(
  'a known %s signature is right, whatever way its query was written',
  (method, value) => {
    const authorization = header(method, value)
    const right = [
      url,
      'https://hub.example/ims/oneroster/v1p1/users?offset=0&limit=100&filter=status%3D%27active%27',
      'HTTPS://HUB.example:443/ims/oneroster/v1p1/users?filter=status%3D%27active%27&offset=0&limit=100',
    ]
    for (const each of right) expect([each, isRight({ method: 'GET', url: each, authorization })]).toEqual([each, true])
  },
)

test.each([
  ['another method', { method: 'PUT' }],
  ['another host', { url: url.replace('hub.', 'pub.') }],
  ['another scheme', { url: url.replace('https', 'http') }],
  ['another port', { url: url.replace('hub.example', 'hub.example:8443') }],
  ['another path', { url: url.replace('users', 'orgs') }],
  ['another value', { url: url.replace('100', '101') }],
  ['one parameter more', { url: `${url}&a` }],
  ['one parameter less', { url: url.replace('offset=0&', '') }],
  ['another nonce', { authorization: header('HMAC-SHA256', known['HMAC-SHA256']).replace('abcdefghij', 'abcdefghik') }],
  ['one more signed field', { authorization: header('HMAC-SHA256', known['HMAC-SHA256'], ',oauth_version="1.0"') }],
  ['the other method named', { authorization: header('HMAC-SHA1', known['HMAC-SHA256']) }],
])('a signature does not cover %s', (_what, change) => {
  const right = { method: 'GET', url, authorization: header('HMAC-SHA256', known['HMAC-SHA256']) }
  expect(isRight(right)).toBe(true)
  expect(isRight({ ...right, ...change })).toBe(false)
  expect(isRight(right, 'secreT')).toBe(false)
})

test.each([
  ['no fields', 'OAuth '],
  ['no nonce', header('HMAC-SHA256', 'x').replace('oauth_nonce="abcdefghij",', '')],
  ['a field twice', header('HMAC-SHA256', 'x', ',oauth_nonce="other"')],
  ['a method of clear text', header('PLAINTEXT', 'x')],
  ['another version', header('HMAC-SHA256', 'x', ',oauth_version="2.0"')],
  ['a token', header('HMAC-SHA256', 'x', ',oauth_token="t"')],
  ['a timestamp that is no number', header('HMAC-SHA256', 'x').replace('1700000000', '17e8')],
  ['a nonce without end', header('HMAC-SHA256', 'x').replace('abcdefghij', 'a'.repeat(129))],
  ['a value without quotes', header('HMAC-SHA256', 'x', ',oauth_callback=oob')],
])('%s is no signature', (_what, authorization) => {
  expect(readSignature({ method: 'GET', url, authorization })).toBeUndefined()
})

test('blanks between fields, a realm and an empty token are understood', () => {
  const parameters = readSignature({
    method: 'GET',
    url,
    authorization: header('HMAC-SHA256', 'x', ',oauth_token=""'),
  })!.parameters
  const signature = sign({ method: 'GET', url }, { method: 'HMAC_SHA256', parameters }, 'secret')
  const authorization = header('HMAC-SHA256', signature, ',oauth_token="", realm="hub"').replaceAll(',', ', ')
  expect(isRight({ method: 'GET', url, authorization })).toBe(true)
  expect(isOauth1(authorization)).toBe(true)
  expect(isOauth1('oauth oauth_nonce="x"')).toBe(true)
  expect(isOauth1('Bearer OAuth')).toBe(false)
})

describe('libraries that encode otherwise', () => {
  const value = "name~'a/b (c)!*' ü"
  const asked = `https://hub.example/users?filter=${percentEncode(value)}`
  const parameters = readSignature({ method: 'GET', url, authorization: header('HMAC-SHA256', 'x') })!.parameters
  const oauth = parameters.map((pair) => pair.join('=')).sort((one, other) => (one < other ? -1 : 1))
  /** Each library's base string, written down by hand. */
  const base = (encoded: string, outer: (text: string) => string) =>
    `GET&https%3A%2F%2Fhub.example%2Fusers&${outer([`filter=${encoded}`, ...oauth].join('&'))}`
  const hmac = (text: string) => createHmac('sha256', 'secret&').update(text).digest('base64')

  test.each([
    ['RFC 5849', base('name~%27a%2Fb%20%28c%29%21%2A%27%20%C3%BC', percentEncode)],
    ['JavaScript', base('name~%27a%2Fb%20(c)!*%27%20%C3%BC', encodeURIComponent)],
    ['Python', base('name~%27a/b%20%28c%29%21%2A%27%20%C3%BC', percentEncode)],
  ])('%s', (_library, text) => {
    const authorization = header('HMAC-SHA256', hmac(text))
    expect(isRight({ method: 'GET', url: asked, authorization })).toBe(true)
    expect(isRight({ method: 'GET', url: asked.replaceAll('%20', '+'), authorization })).toBe(true)
    expect(isRight({ method: 'GET', url: asked.replace('b', 'c'), authorization })).toBe(false)
  })
})
