import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { readConfig } from '../platform/config'
import { createTestDatabase, type TestDatabase } from '../test/support/database'
import { checkDatabase, checkPorts, checkRedis } from './checkServers'

let database: TestDatabase
beforeAll(async () => void (database = await createTestDatabase()))
afterAll(() => database.drop())

test('a taken port is named, with what to do', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const config = { ...readConfig({}), ports: { ...readConfig({}).ports, graphql: port } }
  await expect(checkPorts({ ...config, ports: { ...config.ports, rest: 0, worker: 0 } }, 3000)).rejects.toThrow(
    new RegExp(`^Port ${port} \\(GraphQL\\) is taken.*PORT_BASE=3100 npm start`),
  )
  server.close()
})

test('a port that no browser would speak to is refused', async () => {
  const { ports, ...config } = readConfig({})
  await expect(checkPorts({ ...config, ports: { ...ports, rest: 0, graphql: 6000 } }, 5000)).rejects.toThrow(
    'Browsers and fetch refuse port 6000 (GraphQL): choose another PORT_BASE than 5000.',
  )
})

test('servers that let us in pass', async () => {
  await checkDatabase(database.ownerUrl)
  await checkRedis(database.redisUrl)
})

test.each([
  ['nobody listens', () => checkDatabase('postgres://me:hush@127.0.0.1:1/roster'), /127.0.0.1:1\/roster.*ECONNREFUSED/],
  [
    'the password is wrong',
    () => checkDatabase(changed(database.ownerUrl, { password: 'hush' })),
    /authentication failed/,
  ],
  [
    'there is no such database',
    () => checkDatabase(changed(database.ownerUrl, { pathname: 'nowhere' })),
    /"nowhere" does not exist/,
  ],
  ['no Redis listens', () => checkRedis('redis://:hush@127.0.0.1:1'), /REDIS_URL.*127.0.0.1:1.*ECONNREFUSED/],
  [
    'the Redis password is wrong',
    () => checkRedis(changed(database.redisUrl, { password: 'hush' })),
    /REDIS_URL.*(NOAUTH|WRONGPASS)/,
  ],
])('when %s, one sentence says so without the password', async (_case, check, sentence) => {
  const error = await check().then(
    () => undefined,
    (reason: Error) => reason,
  )
  expect(error?.message).toMatch(sentence)
  expect(error?.message).not.toMatch(/hush|\n/)
})

function changed(url: string, parts: Partial<Pick<URL, 'password' | 'pathname'>>): string {
  return Object.assign(new URL(url), parts).href
}
