import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../platform/projectRoot'
import { createImportHub, zipOf, type ImportHub } from './support'

/** Packages by other makers, as files; see test/fixtures/packages/README.md for where they are from. */
const folder = join(projectRoot, 'test/fixtures/packages')
const packed = (name: string) =>
  zipOf(
    Object.fromEntries(readdirSync(join(folder, name)).map((file) => [file, readFileSync(join(folder, name, file))])),
  )

describe('packages by other makers', () => {
  let hub: ImportHub
  beforeAll(async () => {
    hub = await createImportHub({}, { worker: true })
  })
  afterAll(() => hub?.close())

  test.each([
    ['japan/jp-v1.2.1', 'JP_1_2_1'],
    ['japan/jp-k12-schools', 'JP_K12_1_0'],
  ])('%s is taken without an error', async (name, profile) => {
    const job = await hub.run(await packed(name))
    expect(job.issues.items.filter((issue) => issue.severity === 'error')).toEqual([])
    expect(job).toMatchObject({ state: 'COMPLETED', profile, progress: 100 })
    for (const file of job.files) expect(file.created + file.unchanged + file.updated).toBe(file.read)
  })

  test.each([
    ['edfi/oneroster-1.1', 'ONEROSTER_1_1'],
    ['edfi/oneroster-1.0', 'ONEROSTER_1_0'],
  ])('%s is converted', async (name, profile) => {
    const job = await hub.run(await packed(name), { source: 'edfi' })
    expect(job.issues.items.filter((issue) => issue.severity === 'error')).toEqual([])
    expect(job).toMatchObject({ state: 'COMPLETED', profile, progress: 100 })
    for (const file of job.files) expect(file.created + file.unchanged + file.updated).toBe(file.read)
  })

  test.each([
    ['microsoft-sds/SDS_v2', 'package.microsoftSds'],
    ['microsoft-sds/SDS_v2.1', 'package.microsoftSds'],
    ['microsoft-sds/SDS_Format_25_Users', 'package.microsoftSds'],
    ['microsoft-sds/UK_Format_25_Users', 'package.microsoftSds'],
  ])('%s is refused by name', async (name, code) => {
    const job = await hub.run(await packed(name))
    expect(job.state).toBe('REJECTED')
    expect(job.issues.items.map((issue) => issue.code)).toEqual([code])
  })
})
