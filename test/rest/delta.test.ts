import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../platform/projectRoot'
import { generateSample } from '../../sample/generateSample'
import { dataOf } from '../support/ask'
import { startHub, type Hub } from '../support/hub'
import { importEnded, importPackage, uploadPackage } from '../support/importPackage'
import { base, type Json } from './rest'

let hub: Hub
let rest: string
let folder: string
const district = join(projectRoot, 'sample', 'district.zip')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rosterhub-delta-'))
  hub = await startHub('one machine', { worker: true })
  rest = hub.restUrl + base
  expect(await importPackage(hub, await readFile(district))).toMatchObject({ state: 'COMPLETED' })
})
afterAll(async () => {
  await hub?.close()
  await rm(folder, { recursive: true, force: true })
})

interface Read {
  readonly records: Json[]
  readonly next: string | undefined
  readonly total: number
}

async function read(url: string): Promise<Read> {
  const response = await fetch(url, { headers: { 'X-API-Key': hub.clients.vendor.apiKey } })
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  const [records] = Object.values((await response.json()) as Record<string, Json[]>)
  const next = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
  return { records: records!, next, total: Number(response.headers.get('x-total-count')) }
}

async function readAll(url: string): Promise<Json[]> {
  const all: Json[] = []
  for (let at: string | undefined = url; at;) {
    const page: Read = await read(at)
    all.push(...page.records)
    at = page.next
  }
  return all
}

const since = (stamp: string) => `${rest}/users?limit=1000&filter=${encodeURIComponent(`dateLastModified>'${stamp}'`)}`

async function delta(changes: number, deltaOf = district): Promise<Buffer> {
  const out = join(folder, `delta-${changes}.zip`)
  await generateSample({ deltaOf, changes, out })
  return readFile(out)
}

describe('reading changes', () => {
  it('shows what an import changed, tobedeleted rows included, and nothing that it did not', async () => {
    const before = new Map((await readAll(`${rest}/users?limit=200`)).map((user) => [user.sourcedId, user]))
    const highest = [...before.values()]
      .map((user) => user.dateLastModified)
      .sort()
      .at(-1)
    expect(await readAll(since(highest))).toEqual([])
    expect(await importPackage(hub, await delta(60))).toMatchObject({ state: 'COMPLETED' })
    const changed = await readAll(since(highest))
    const after = new Map((await readAll(`${rest}/users?limit=200`)).map((user) => [user.sourcedId, user]))
    const reallyChanged = [...after.values()].filter(
      (user) => JSON.stringify(user) !== JSON.stringify(before.get(user.sourcedId)),
    )
    expect(changed.map((user) => user.sourcedId).sort()).toEqual(reallyChanged.map((user) => user.sourcedId).sort())
    expect(changed.length).toBeGreaterThan(0)
    const gone = changed.filter((user) => user.status === 'tobedeleted')
    expect(gone.length).toBeGreaterThan(0)
    // Who left is still known as what he was, so that a client of /students hears of it too.
    const students = (await readAll(since(highest).replace('/users?', '/students?'))).map((user) => user.sourcedId)
    const formerStudents = gone.filter((user) => user.roles.some((role: Json) => role.role === 'student'))
    expect(formerStudents.length).toBeGreaterThan(0)
    for (const user of formerStudents) expect(students).toContain(user.sourcedId)
  })

  it('the same package again changes no stamp', async () => {
    const stamps = async () =>
      (await readAll(`${rest}/enrollments?limit=1000`)).map((row) => [row.sourcedId, row.dateLastModified])
    const before = await stamps()
    expect(await importPackage(hub, await delta(60))).toMatchObject({ state: 'COMPLETED' })
    expect(await stamps()).toEqual(before)
  })

  it('a client that keeps the highest stamp it has seen misses nothing, whoever writes meanwhile', async () => {
    let highest = '2000-01-01T00:00:00.000Z'
    const seen = new Set<string>()
    let writing = true
    const follow = async () => {
      for (const record of (
        await read(
          `${rest}/orgs?limit=1000&sort=dateLastModified&filter=${encodeURIComponent(`dateLastModified>'${highest}'`)}`,
        )
      ).records) {
        seen.add(record.sourcedId)
        if (record.dateLastModified > highest) highest = record.dateLastModified
      }
    }
    const poll = (async () => {
      while (writing) await follow()
      await follow()
    })()
    const createOrg = 'mutation ($input: CreateOrgInput!) { createOrg(input: $input) { sourcedId } }'
    const write = async (writer: number) => {
      for (let number = 0; number < 15; number++) {
        const input = { sourcedId: `w${writer}-${number}`, name: 'x', type: 'department' }
        await dataOf(hub, createOrg, { input }, { 'x-api-key': hub.clients.admin.apiKey })
      }
    }
    const job = await uploadPackage(hub, await readFile(district), '{ source: "other", dryRun: true }')
    await Promise.all([0, 1, 2, 3].map(write))
    await importEnded(hub, job)
    writing = false
    await poll
    for (let writer = 0; writer < 4; writer++)
      for (let number = 0; number < 15; number++) expect(seen).toContain(`w${writer}-${number}`)
  })
})

describe('reading page by page while an import merges', () => {
  it('gets no row twice and misses none that existed throughout', async () => {
    const before = (await readAll(`${rest}/users?limit=1000`)).map((user) => user.sourcedId)
    const more = join(folder, 'more.zip')
    await generateSample({ students: 400, seed: 99, out: more })
    const job = await uploadPackage(hub, await readFile(more), '{ source: "second" }')
    const rounds: string[][] = []
    let over = false
    const watch = importEnded(hub, job).then((ended) => {
      over = true
      return ended
    })
    while (!over || rounds.length < 2) {
      rounds.push((await readAll(`${rest}/users?limit=37`)).map((user) => user.sourcedId))
    }
    expect(await watch).toMatchObject({ state: 'COMPLETED' })
    for (const round of rounds) {
      expect(new Set(round).size).toBe(round.length)
      const found = new Set(round)
      expect(before.filter((id) => !found.has(id))).toEqual([])
    }
    const { total, records } = await read(`${rest}/users?limit=1`)
    expect(records).toHaveLength(1)
    expect(total).toBe((await readAll(`${rest}/users?limit=1000`)).length)
    expect(total).toBeGreaterThan(before.length)
  })
})
