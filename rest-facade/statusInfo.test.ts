import { coded, errorCodes, type ErrorCode } from '../platform/errors'
import { failureOf, statusInfo } from './statusInfo'

test.each<[ErrorCode, number, string]>([
  ['UNAUTHENTICATED', 401, 'unauthorisedrequest'],
  ['FORBIDDEN', 403, 'forbidden'],
  ['UNKNOWN_OBJECT', 404, 'unknownobject'],
  ['INVALID_FILTER_FIELD', 400, 'invalid_filter_field'],
  ['INVALID_SORT_FIELD', 400, 'invalid_filter_field'],
  ['INVALID_SELECTION_FIELD', 400, 'invalid_selection_field'],
  ['INVALID_PAGE', 400, 'invaliddata'],
  ['PRECONDITION_FAILED', 412, 'invaliddata'],
  ['INVALID_DATA', 422, 'invaliddata'],
  ['SERVER_BUSY', 429, 'server_busy'],
  ['UNAVAILABLE', 503, 'server_busy'],
  ['INTERNAL_SERVER_ERROR', 500, 'internal_server_error'],
])('%s is answered %s %s', (code, status, codeMinor) => {
  const failure = failureOf(coded(code, 'why'))
  expect(failure).toMatchObject({ status, codeMinor, description: 'why' })
  expect(JSON.parse(statusInfo(failure))).toEqual({
    imsx_codeMajor: 'failure',
    imsx_severity: 'error',
    imsx_description: 'why',
    imsx_CodeMinor: {
      imsx_codeMinorField: [{ imsx_codeMinorFieldName: 'TargetEndSystem', imsx_codeMinorFieldValue: codeMinor }],
    },
  })
})

test('every code of the catalogue has a status, and none of them is a success', () => {
  for (const code of Object.keys(errorCodes) as ErrorCode[]) {
    expect(failureOf(coded(code, '')).status).toBeGreaterThanOrEqual(400)
  }
})

test('who must wait is told how long, and who must sign in is told how', () => {
  expect(failureOf(coded('SERVER_BUSY', '', { retryAfterSeconds: 2.2 })).headers).toEqual({ 'Retry-After': '3' })
  expect(failureOf(coded('UNAVAILABLE', '')).headers).toHaveProperty('Retry-After')
  expect(failureOf(coded('UNAUTHENTICATED', '')).headers).toEqual({ 'WWW-Authenticate': 'Bearer' })
})

test('the message of an error without a code is not repeated to the caller', () => {
  expect(failureOf(new Error('password of the database'))).toMatchObject({ status: 500, description: 'Internal error' })
  expect(failureOf({ message: 'Cannot query field', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } })).toMatchObject(
    {
      status: 500,
      description: 'Internal error',
    },
  )
})
