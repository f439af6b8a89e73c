import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPackage } from '../test/support/readPackage'
import { generateSample } from './generateSample'

type Row = Record<string, string>
type Files = (file: string) => Row[]

const folder = mkdtempSync(join(tmpdir(), 'sample-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, `${name}.zip`)
const files = ['users', 'roles', 'userProfiles', 'demographics', 'enrollments'] as const
const district = { students: 400, guardians: 0.6, demographics: true, userProfiles: 0.3 }

beforeAll(async () => {
  await generateSample({ ...district, out: at('bulk') })
  await generateSample({ deltaOf: at('bulk'), changes: 150, out: at('first') })
  await generateSample({ deltaOf: at('first'), changes: 150, out: at('second') })
})

/** A district as an importer would hold it: the active rows of each file by sourcedId. */
function apply(held: Map<string, Map<string, Row>>, delta: Files) {
  for (const file of files) {
    for (const row of delta(file)) {
      if (row.status === 'active') held.get(file)!.set(row.sourcedId!, row)
      else held.get(file)!.delete(row.sourcedId!)
    }
  }
}

const hold = (bulk: Files) =>
  new Map(files.map((file) => [file, new Map(bulk(file).map((row) => [row.sourcedId!, row]))]))

test.each([1, 2, 9, 40, 150])('a delta of %i changes has that many rows', async (changes) => {
  const summary = await generateSample({ deltaOf: at('bulk'), changes, out: at('sized') })
  const delta = await readPackage(at('sized'))
  expect(files.reduce((sum, file) => sum + delta(file).length, 0)).toBe(changes)
  expect(files.reduce((sum, file) => sum + summary[file], 0)).toBe(changes)
})

test('every row has status and dateLastModified, and the manifest calls what is there delta and the rest absent', async () => {
  const delta = await readPackage(at('first'))
  for (const file of files) {
    for (const row of delta(file)) {
      expect(row.status).toMatch(/^(active|tobedeleted)$/)
      expect(row.dateLastModified).toBe('2026-04-02T00:00:00.000Z')
    }
  }
  const manifest = new Map(delta('manifest').map((row) => [row.propertyName, row.value]))
  for (const file of files) expect(manifest.get(`file.${file}`)).toBe('delta')
  for (const file of ['orgs', 'classes', 'results']) expect(manifest.get(`file.${file}`)).toBe('absent')
})

test('rows are changed, added and removed against the bulk package', async () => {
  const [bulk, delta] = [await readPackage(at('bulk')), await readPackage(at('first'))]
  const known = new Map(bulk('users').map((row) => [row.sourcedId!, row]))
  const kinds = delta('users').map((row) => {
    const before = known.get(row.sourcedId!)
    if (row.status === 'tobedeleted') return before ? 'removed' : 'unknown'
    if (!before) return 'added'
    return before.email === row.email ? 'same' : 'changed'
  })
  expect(new Set(kinds)).toEqual(new Set(['changed', 'added', 'removed']))
})

test('after two deltas in a row all references hold and nobody was touched twice', async () => {
  const [bulk, first, second] = [
    await readPackage(at('bulk')),
    await readPackage(at('first')),
    await readPackage(at('second')),
  ]
  const held = hold(bulk)
  apply(held, first)
  apply(held, second)
  const users = held.get('users')!
  for (const file of ['roles', 'enrollments', 'userProfiles'] as const) {
    for (const row of held.get(file)!.values()) expect(users.has(row.userSourcedId!)).toBe(true)
  }
  for (const id of held.get('demographics')!.keys()) expect(users.has(id)).toBe(true)
  for (const { agentSourcedIds } of users.values()) {
    for (const agent of agentSourcedIds ? agentSourcedIds.split(',') : []) expect(users.has(agent)).toBe(true)
  }
  const rolesOf = new Set([...held.get('roles')!.values()].map((row) => row.userSourcedId))
  for (const id of users.keys()) expect(rolesOf.has(id)).toBe(true)
  const touched = [...first('users'), ...second('users')].map((row) => row.sourcedId)
  expect(new Set(touched).size).toBe(touched.length)
  const names = [...users.values()].map((row) => row.username)
  expect(new Set(names).size).toBe(names.length)
})

test('the same delta of the same package has the same bytes', async () => {
  await generateSample({ deltaOf: at('bulk'), changes: 150, out: at('again') })
  const [first, again] = [await readPackage(at('first')), await readPackage(at('again'))]
  for (const file of ['manifest', ...files]) expect(again(file)).toEqual(first(file))
})

test('what cannot be followed is refused', async () => {
  const out = at('never')
  const deltaOf = at('bulk')
  await expect(generateSample({ deltaOf, changes: 100_000, out })).rejects.toThrow(/--changes 100000 is more than/)
  await expect(generateSample({ deltaOf, students: 500, out })).rejects.toThrow(/--students must be left out .* 400/)
  await expect(generateSample({ deltaOf, ...district, changes: 1, out })).resolves.toMatchObject({ users: 1 })
  await expect(generateSample({ deltaOf: at('nothing'), out })).rejects.toThrow(/--delta-of must name a roster ZIP/)
  writeFileSync(at('text'), 'not a ZIP')
  await expect(generateSample({ deltaOf: at('text'), out })).rejects.toThrow(/--delta-of must name a roster ZIP/)
})
