import { baseUrlMark } from './documentSql'
import { withBaseUrl } from './json'

test('every mark becomes the address, and nothing else changes', () => {
  const page = `{"href":"${baseUrlMark}/orgs/1"},{"href":"${baseUrlMark}/orgs/2","note":"\\u0001 $& stays"}`
  expect(withBaseUrl(page, 'https://hub.example.org/x$&')).toBe(
    '{"href":"https://hub.example.org/x$&/orgs/1"},{"href":"https://hub.example.org/x$&/orgs/2","note":"\\u0001 $& stays"}',
  )
})
