import { endpoints, type Endpoint } from '../../oneroster/endpoints'
import { entities } from '../../oneroster/model'
import { filterFields, predicatesOf, type FilterField } from '../../rest-facade/typedFilter'
import type { Predicate } from '../../rest-facade/filter'
import { district, oddClassId } from './district'
import { base, filter, get, recordsOf, request, type Json } from './rest'
import { schemaErrors } from './schemas'
import { startHub, type Hub } from '../support/hub'

let hub: Hub
beforeAll(async () => {
  hub = await startHub('one machine', { roster: district })
})
afterAll(() => hub?.close())

/** A path of each list with ids of records that have something below them. */
const parents: Record<string, string> = {
  classes: oddClassId,
  courses: 'course-0',
  schools: 'school-0',
  students: 'user-0030',
  teachers: 'user-0000',
  terms: 'term-0',
  users: 'user-0001',
}
const realPath = (path: string) =>
  path.replaceAll(/(\w+)\/\{\w+\}/g, (_match, noun: string) => `${noun}/${encodeURIComponent(parents[noun]!)}`)

/** The values at a dotted path of a record; those of every element where the path runs through a list. */
function valuesAt(record: Json, path: string): Json[] {
  if (path.startsWith('metadata.')) return [record.metadata?.[path.slice(9)]].filter((value) => value !== undefined)
  let values: Json[] = [record]
  for (const name of path.split('.')) values = values.flatMap((value) => value?.[name] ?? [])
  return values
}

/** What the standard says a predicate means, in words of its own: instants, code points, case only for "contains" (section 3.3). */
function holds(record: Json, { path, type }: FilterField, predicate: Predicate, wanted: string): boolean {
  const key = (text: string) => (type === 'dateTime' ? String(Date.parse(text)).padStart(20, '0') : text)
  const compare = (value: string) => Buffer.compare(Buffer.from(key(value)), Buffer.from(key(wanted)))
  const values = valuesAt(record, path).map((value) => (typeof value === 'object' ? value.sourcedId : value) as string)
  if (predicate === '!=') return values.every((value) => compare(value) !== 0)
  return values.some((value) => {
    if (predicate === '~') return value.toLowerCase().includes(wanted.toLowerCase())
    const order = compare(value)
    return { '=': order === 0, '>': order > 0, '>=': order >= 0, '<': order < 0, '<=': order <= 0 }[predicate]
  })
}

/** A value from the middle of the data, a part of it in other letters, and one that nobody has. */
function samples(records: Json[], field: FilterField, predicate: Predicate): string[] {
  const present = records
    .flatMap((record) => valuesAt(record, field.path))
    .map((value) => (typeof value === 'object' ? value.sourcedId : value) as string)
  const middle = present.sort()[Math.floor(present.length / 2)]
  if (field.type === 'boolean') return ['true', 'false']
  if (field.type === 'date') return [middle ?? '2026-01-01', '2015-06-15']
  if (field.type === 'dateTime') return [middle ?? '2026-01-01', '2026-04-01', '2026-04-01T09:05:00+09:00']
  if (predicate === '~') return [(middle ?? 'x').slice(-2).toUpperCase(), '%', '_']
  return [middle ?? 'x', 'nobody has this']
}

describe('chapter 3, filter: every list × every field × every predicate that fits', () => {
  const lists = endpoints.filter(({ answers }) => answers === 'list')
  let checks = 0

  test.each(lists.map((endpoint) => [endpoint.path, endpoint] as const))('%s', async (path, endpoint) => {
    const whole = recordsOf(await get(hub, `${realPath(path)}?limit=1000`))
    const questions = questionsOf(endpoint, whole)
    await inParallel(6, questions, async ({ field, predicate, value }) => {
      const expression = `${field.path}${predicate}'${value.replaceAll("'", "''")}'`
      const expected = whole.filter((record) => holds(record, field, predicate, value))
      // A short answer is held against the official schema; of a long one the ids are enough.
      const isShort = expected.length <= 10
      const selection = isShort ? '' : '&fields=sourcedId'
      const answer = await get(hub, `${realPath(path)}?limit=1000&${filter(expression)}${selection}`)
      expect({ expression, found: idsOf(recordsOf(answer)) }).toEqual({ expression, found: idsOf(expected) })
      expect(answer.headers.get('x-total-count')).toBe(String(expected.length))
      if (isShort) expect(schemaErrors(path, 200, answer.json)).toBeUndefined()
    })
    checks += questions.length
  })

  afterAll(() => process.stdout.write(`filter: ${checks} questions asked and compared with the unfiltered lists\n`))

  function questionsOf({ entity, path }: Endpoint, whole: Json[]) {
    // Below a parent the predicate is the same SQL; one value each is enough to see that it meets the right rows.
    const most = path.includes('{') ? 1 : 3
    const metadata: FilterField = { path: 'metadata.jp.kanaGivenName', type: 'string', inList: false, place: [] }
    const role = (path: string) => (path === 'role' && entity === 'user' ? 'roles.role' : path)
    return [...filterFields(entities[entity]).values(), metadata].flatMap((field) =>
      predicatesOf(field).flatMap((predicate) =>
        [...new Set(samples(whole, { ...field, path: role(field.path) }, predicate))].slice(0, most).map((value) => ({
          field: { ...field, path: role(field.path) },
          predicate,
          value,
        })),
      ),
    )
  }
})

describe('chapter 3, filter', () => {
  const found = async (path: string, expression: string) =>
    idsOf(recordsOf(await get(hub, `${path}?limit=1000&${filter(expression)}`)))

  test('AND narrows, OR widens, and neither reaches beyond the list', async () => {
    const active = await found('/schools/school-1/students', "status='active'")
    const gone = await found('/schools/school-1/students', "status='tobedeleted'")
    const all = idsOf(recordsOf(await get(hub, '/schools/school-1/students?limit=1000')))
    expect(await found('/schools/school-1/students', "status='active' OR status='tobedeleted'")).toEqual(all)
    expect([...active, ...gone].sort()).toEqual([...all].sort())
    expect(await found('/schools/school-1/students', "status='active' AND status='tobedeleted'")).toEqual([])
    expect(await found('/schools/school-1/students', "status='active' or sourcedId!='x'")).toEqual(all)
  })

  test('1.1 clients ask users for their role, and get those users and no others', async () => {
    expect(await found('/users', "role='student'")).toEqual(idsOf(recordsOf(await get(hub, '/students?limit=1000'))))
    expect(await found('/users', "role='teacher' AND dateLastModified>'2026-04-01'")).toHaveLength(30)
  })

  test('a plus sign is a blank, and a quote is doubled', async () => {
    const plus = await get(hub, `/users?limit=1000&filter=givenName='O''Brien'+AND+status='active'`)
    expect(recordsOf(plus).length).toBeGreaterThan(10)
    expect(recordsOf(plus).every(({ givenName, status }) => givenName === "O'Brien" && status === 'active')).toBe(true)
  })

  test('a change after a time is found with what became tobedeleted', async () => {
    const changed = recordsOf(
      await get(hub, `/enrollments?limit=1000&${filter("dateLastModified>='2026-04-01T00:15:00.000Z'")}`),
    )
    expect(changed.some(({ status }) => status === 'tobedeleted')).toBe(true)
    expect(changed.every(({ dateLastModified }) => dateLastModified >= '2026-04-01T00:15:00.000Z')).toBe(true)
  })

  test('a time given for a date is compared as an instant: a day is its first one', async () => {
    const count = async (text: string) => recordsOf(await get(hub, `/enrollments?limit=1000&${filter(text)}`)).length
    const begun = await count("beginDate='2026-04-01'")
    expect(begun).toBeGreaterThan(100)
    expect(await count("beginDate<'2026-04-01T12:00:00Z'")).toBe(begun)
    expect(await count("beginDate='2026-04-01T12:00:00Z'")).toBe(0)
    expect(await count("beginDate>='2026-04-01T00:00:00.000Z'")).toBe(begun)
    expect(await count("beginDate>'2026-04-01T09:00:00+09:00'")).toBe(0)
    expect(await count("beginDate>'2026-04-01T08:59:59+09:00'")).toBe(begun)
  })

  test('a time finer than milliseconds is compared as it is', async () => {
    const changed = (comparison: string) => found('/orgs', `sourcedId='district' AND dateLastModified${comparison}`)
    expect(await changed("='2026-04-01T00:00:01Z'")).toEqual(['district'])
    expect(await changed("='2026-04-01T00:00:01.0004Z'")).toEqual([])
    expect(await changed(">='2026-04-01T09:00:01.000400+09:00'")).toEqual([])
    expect(await changed("<'2026-04-01T00:00:01.000001Z'")).toEqual(['district'])
    expect(await changed(">'2026-04-01T00:00:00.999999999Z'")).toEqual(['district'])
  })

  test('characters that mean something in SQL or LIKE mean themselves', async () => {
    for (const value of ["'; drop table users; --", '%', '_', '\\', '" or 1=1', '𠮷', '\u{1F600}', '$1', '${x}']) {
      const answer = await request(hub, `${base}/users?${filter(`familyName~'${value.replaceAll("'", "''")}'`)}`)
      expect(answer).toMatchObject({ status: 200, json: { users: [] } })
    }
    expect(await found('/users', "givenName='𠮷野'")).not.toHaveLength(0)
  })
})

const idsOf = (records: Json[]) => records.map(({ sourcedId }) => sourcedId as string)

async function inParallel<T>(width: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
}
