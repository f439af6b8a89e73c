import { askAs } from '../exports/support'
import { smallRoster } from './smallRoster'
import { createImportHub, packageOf, type ImportHub } from './support'

/** The report of an import, as an administrator works through it. */
describe('the issues of an import', () => {
  let hub: ImportHub
  beforeAll(async () => {
    hub = await createImportHub({}, { worker: true })
  })
  afterAll(() => hub?.close())

  async function report() {
    const files = smallRoster()
    files['classes.csv']![0]!['courseSourcedId'] = 'nowhere'
    files['orgs.csv']![1]!['type'] = 'castle'
    for (const user of files['users.csv']!) user['primaryOrgSourcedId'] = 'district'
    files['users.csv']!.push(
      ...Array.from({ length: 150 }, (_, index) => ({
        sourcedId: `u${index}`,
        enabledUser: 'yes',
        username: 'x',
        givenName: 'x',
        familyName: '',
      })),
    )
    return hub.run(await packageOf(files))
  }

  test('come with the cause first: errors before warnings, rows before references, what is there most often before the rest', async () => {
    const job = await report()
    expect(job.state).toBe('REJECTED')
    const kinds = job.issues.items.map(({ severity, code, file }) => `${severity} ${code} ${file}`)
    const order = [...new Set(kinds)]
    expect(order.slice(0, 3)).toEqual([
      'error row.required users.csv',
      'error row.boolean users.csv',
      'error row.token orgs.csv',
    ])
    const firstReference = order.findIndex((kind) => kind.startsWith('error reference.'))
    const firstWarning = order.findIndex((kind) => kind.startsWith('warning'))
    expect(firstReference).toBeGreaterThan(2)
    expect(firstWarning).toBeGreaterThan(firstReference)
    expect(order.slice(firstWarning).every((kind) => kind.startsWith('warning'))).toBe(true)
    // All of a kind together, in the order of lines.
    expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual(order)
    const lines = job.issues.items.filter(({ code }) => code === 'row.required').map(({ line }) => line!)
    expect(lines).toEqual([...lines].sort((a, b) => a - b))
    const counted = job.issueCounts.map(({ severity, code, file }) => `${severity} ${code} ${file}`)
    expect(counted).toEqual(order)
  })

  test('are counted all and kept in part, and come by pages that fit together', async () => {
    const { id } = await report()
    const query = `query ($id: ID!, $limit: Int, $offset: Int) { importJob(id: $id) {
      issueCounts { code file count } issues(file: "users.csv", severity: error, limit: $limit, offset: $offset) { total items { code line } } } }`
    const page = async (limit: number, offset: number) => (await askAs(hub, query, { id, limit, offset })).importJob
    const whole = await page(1000, 0)
    expect(whole.issueCounts).toContainEqual({ code: 'row.required', file: 'users.csv', count: 150 })
    expect(whole.issues.items.filter(({ code }: { code: string }) => code === 'row.required')).toHaveLength(100)
    const pages = [await page(70, 0), await page(70, 70), await page(1000, 140)]
    expect(pages.flatMap(({ issues }) => issues.items)).toEqual(whole.issues.items)
    expect(pages.map(({ issues }) => issues.total)).toEqual(Array(3).fill(whole.issues.items.length))
  })
})
