import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'pg'
import { entities } from '../oneroster/model'
import { columnsSql } from '../oneroster/pageSql'
import { runMain } from '../platform/shutdown'

/**
 * The floor of the read path, in a process of its own: a bare node:http server whose handler sends PostgreSQL's json_agg text on untouched.
 * The same columns of the same rows in the same order as the hub's documents, by prepared statements, as the owner of the tables (no
 * row-level security), for anybody who asks. What a document nests (roles, profiles) is left out, so the floor is on the low side.
 */
const columns = columnsSql(entities.user, 't')
const rows = (condition: string, limit: string) =>
  `select coalesce(json_agg(r), '[]')::text as body from (select ${columns} from users t where t.tenant_id = $1 and ${condition}
     order by t.sourced_id limit ${limit}) r`

const statements = {
  page: rows('t.sourced_id > $2', '$3'),
  one: `select to_json(r)::text as body from (select ${columns} from users t where t.tenant_id = $1 and t.sourced_id = $2) r`,
  students: rows(
    `t.sourced_id in (select user_sourced_id from enrollments e where e.tenant_id = $1 and e.class_sourced_id = $2
       and e.role = 'student' and e.status = 'active')`,
    '100',
  ),
  changed: rows('t.date_last_modified > $2::timestamptz', '100'),
}

runMain(async () => {
  const [databaseUrl, tenantId] = process.argv.slice(2)
  const pool = new Pool({ connectionString: databaseUrl!, max: 16 })
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://floor')
    const [, name, first = ''] = pathname.split('/')
    const values =
      name === 'page' ? [searchParams.get('after') ?? '', searchParams.get('limit')] : [decodeURIComponent(first)]
    pool
      .query<{ body: string }>({
        name: name!,
        text: statements[name as keyof typeof statements],
        values: [tenantId, ...values],
      })
      .then((found) => {
        const body = Buffer.from(found.rows[0]!.body)
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
      })
      .catch((error: Error) => {
        const body = Buffer.from(error.message)
        response.writeHead(500, { 'content-length': body.length }).end(body)
      })
  })
  server.keepAliveTimeout = 600_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  process.send?.({ port: (server.address() as AddressInfo).port })
  return {
    close: async () => {
      server.close()
      server.closeAllConnections()
      await pool.end()
    },
  }
})
