import { Readable } from 'node:stream'
import { filterSql, parameters, type Filter } from '../../oneroster/filterSql'
import { InvalidValue } from '../../oneroster/invalid'
import { definedColumns, packageFiles, profiles } from '../../oneroster/csv'
import { entities } from '../../oneroster/model'
import { compileRowCheck } from '../../oneroster/validate'
import { codeOf } from '../../platform/errors'
import { parseFilter } from '../../rest-facade/filter'
import { readListParams } from '../../rest-facade/listParams'
import { typedFilter } from '../../rest-facade/typedFilter'
import { collectIssues } from '../../subgraphs/imports/pipeline/issues'
import { PackageRefused, type Run } from '../../subgraphs/imports/pipeline/job'
import { CsvBroken, quoteGuard } from '../../subgraphs/imports/pipeline/quoteGuard'
import { readManifest } from '../../subgraphs/imports/pipeline/readManifest'
import { rowScanner } from '../../subgraphs/imports/pipeline/scanRows'
import { rowEncoder } from '../../subgraphs/imports/pipeline/stageRows'
import { district } from '../rest/district'
import { countAttacks, type Attacks } from './attacks'
import { generated, type Generated } from './generated'
import { startHub, type Hub } from '../support/hub'
import { base } from '../rest/rest'

/**
 * Threat: input that nobody thought of. 100,000 generated filters, query strings, rows, CSV files and manifests meet the parsers: each ends
 * with a result or an error that has a code, at once, and nothing of the input that may be personal stands in what is told.
 */
const attacks: Attacks = countAttacks('fuzz')
afterAll(() => attacks.report())

const secret = 'Himitsu'
const slow = 500
const everyEntity = Object.values(entities)
const served = everyEntity.filter((entity) => !entity.nestedIn)

/** What the parser did: null, or what is wrong about it. What took long may have been interrupted, unless it takes as long again. */
function problemOf(work: () => unknown, isFine: (error: unknown) => boolean, tries = 3): unknown {
  const began = performance.now()
  let wrong: unknown = null
  try {
    work()
  } catch (error) {
    if (!isFine(error)) wrong = String(error)
    else if (String((error as Error).message).includes(secret)) wrong = 'tells what it was given'
  }
  if (performance.now() - began < slow) return wrong
  return tries > 1 ? problemOf(work, isFine, tries - 1) : 'too slow'
}

const isCoded = (error: unknown) => /^INVALID_/.test(codeOf(error) ?? '')

function filterText(some: Generated, fields: readonly string[]): string {
  const clause = () =>
    `${some.pick(fields)}${some.pick(['=', '!=', '>', '>=', '<', '<=', '~', ' = '])}'${some.text([secret, 'active', '2026-04-01', 'a', "''"], 2)}'`
  return some.broken(
    some.number(2) ? clause() : `${clause()} ${some.pick(['AND', 'OR', 'and', 'XOR', ''])} ${clause()}`,
  )
}

const fieldNames = [
  ...['familyName', 'status', 'dateLastModified', 'roles.role', 'school.sourcedId', 'metadata.jp.kana', 'userIds.type'],
  ...['grades', 'primary', 'beginDate', 'nothing', 'a.b.c', 'constructor', 'org', 'agents.sourcedId', ''],
]

it('takes or refuses 50,000 filters', () => {
  const draw = generated('filter')
  for (let index = 0; index < 50_000; index++) {
    const some = draw(index)
    const text = filterText(some, fieldNames)
    const entity = some.pick(served)
    const wrong = problemOf(
      () => {
        parseFilter(text)
        const filter: Filter = typedFilter(entity, text)
        const given = parameters(1)
        // What came from outside stands in the parameters, never in the statement.
        if (filterSql(entity, filter, 't', given).includes(secret)) throw new Error('a value in the statement')
      },
      (error) => isCoded(error) || error instanceof InvalidValue,
    )
    attacks.tried(`filter ${index}`, wrong === null, wrong ?? undefined)
  }
})

it('takes or refuses 28,000 query strings', () => {
  const draw = generated('query')
  for (let index = 0; index < 28_000; index++) {
    const some = draw(index)
    const part = () => {
      const name = some.pick(['limit', 'offset', 'sort', 'orderBy', 'fields', 'filter', 'after', 'x', '__proto__'])
      const value = some.text(['10', 'familyName', 'asc', 'sourcedId,', "status='active'", 'familyName'], 3)
      return `${name}=${some.number(3) ? encodeURIComponent(value.replace(/\p{Surrogate}/gu, '')) : value}`
    }
    const search = `?${Array.from({ length: some.number(4) + 1 }, part).join('&')}`
    const wrong = problemOf(() => readListParams(some.pick(served), some.broken(search)), isCoded)
    attacks.tried(`query ${index}`, wrong === null, wrong ?? undefined)
  }
})

it('judges 10,000 rows, and encodes those that pass for the database', () => {
  const draw = generated('rows')
  const checks = everyEntity.flatMap((entity) =>
    (['bulk', 'delta'] as const).flatMap((mode) =>
      Object.values(profiles).map((profile) => {
        const header = [...definedColumns(entity), 'metadata.x']
        const check = compileRowCheck(entity, { mode, profile, header })
        return { header, check, encoder: rowEncoder(entity, header, { mode, profile }) }
      }),
    ),
  )
  const cells = ['', 'a', 'true', 'active', '2026-04-01', 'student', secret, 'NULL', '1,2', '{a:b}', 'school', '2026']
  for (let index = 0; index < 10_000; index++) {
    const some = draw(index)
    const { header, check, encoder } = some.pick(checks)
    const row = header.map(() => some.text(cells, 2))
    const wrong = problemOf(
      () => {
        const found = check(row) ?? []
        if (JSON.stringify(found).includes(secret)) throw new Error('a finding holds a value')
        const line = found.some(({ severity }) => severity === 'error')
          ? encoder.rejected(1, row)
          : encoder.good(1, row)
        // One row is one line of as many fields as there are columns, whatever stands in its cells.
        const fields = line === '' ? encoder.columns.length : line.slice(0, -1).split('\t').length
        if (fields !== encoder.columns.length || line.slice(0, -1).includes('\n'))
          throw new Error('a cell broke out of its row')
      },
      () => false,
    )
    attacks.tried(`row ${index}`, wrong === null, wrong ?? undefined)
  }
})

it('reads or refuses 10,000 CSV files', async () => {
  const draw = generated('csv')
  for (let index = 0; index < 10_000; index++) {
    const some = draw(index)
    const row = () =>
      Array.from({ length: some.number(4) + 1 }, () => `"${some.text(['a', secret, ',', '""', '\n'], 2)}"`).join(',')
    const text = some.broken(Array.from({ length: some.number(5) + 1 }, row).join(some.pick(['\r\n', '\n', '\r'])))
    const bytes = some.number(8)
      ? Buffer.from(text)
      : Buffer.concat([Buffer.from(text, 'latin1'), Buffer.from([0xff, some.number(256)])])
    const wrong = await readCsv(cut(bytes, some))
    attacks.tried(`csv ${index}`, wrong === null, wrong ?? undefined)
  }
})

it('reads or refuses 2,000 manifests', async () => {
  const draw = generated('manifest')
  const names = [
    'manifest.version',
    'oneroster.version',
    'source.systemName',
    ...packageFiles.map((file) => `file.${file}`),
  ]
  const values = ['1.0', '1.2', '1.1', '1.2_JP', 'bulk', 'delta', 'absent', secret, '']
  for (let index = 0; index < 2_000; index++) {
    const some = draw(index)
    const lines = names.map(
      (name) => `${name},${some.number(5) ? (name.startsWith('file.') ? 'absent' : '1.0') : some.pick(values)}`,
    )
    const text = some.broken(['propertyName,value', ...lines].join('\r\n'))
    const issues = collectIssues()
    const file = {
      name: 'manifest.csv',
      bytes: text.length,
      open: async () => Readable.from([Buffer.from(text)], { objectMode: false }),
    }
    const contents = { isZip: true, files: new Map([['manifest.csv', file]]), close: () => undefined }
    const began = process.cpuUsage().user
    const failure = await readManifest({ issues, job: { options: { mode: 'bulk' } } } as unknown as Run, contents).then(
      () => null,
      (error: unknown) => (error instanceof PackageRefused ? null : String(error)),
    )
    const tells = JSON.stringify(issues.kept).includes(secret) ? 'an issue holds a value' : null
    const wrong = failure ?? tells ?? (process.cpuUsage().user - began > slow * 1_000 ? 'too slow' : null)
    attacks.tried(`manifest ${index}`, wrong === null, wrong ?? undefined)
  }
})

describe('over HTTP', () => {
  let hub: Hub
  beforeAll(async () => {
    hub = await startHub('one machine', { roster: district })
  })
  afterAll(() => hub?.close())

  it('answers 300 generated requests without a fault of its own', async () => {
    const draw = generated('http')
    const headers = { authorization: `Bearer ${hub.token()}` }
    for (let index = 0; index < 300; index++) {
      const some = draw(index)
      const filter = filterText(some, fieldNames).replace(/\p{Surrogate}/gu, '')
      const list = some.pick(['users', 'classes', 'orgs', 'enrollments', 'students', 'schools/school-0/students'])
      const path = `${base}/${list}?limit=3&filter=${encodeURIComponent(filter)}`
      const answer = await fetch(hub.restUrl + path, { headers })
      const text = await answer.text()
      const held = [200, 400].includes(answer.status) && !/\.ts:|\.js:|pg_|syntax error/i.test(text)
      attacks.tried(path, held, [answer.status, text])
    }
  })
})

/** The file in pieces as a network would bring it. */
function cut(bytes: Buffer, some: Generated): Buffer[] {
  const at = some.number(bytes.length + 1)
  return [bytes.subarray(0, at), bytes.subarray(at)].filter((part) => part.length)
}

function readCsv(parts: Buffer[]): Promise<string | null> {
  return new Promise((resolve) => {
    const guard = quoteGuard()
    const scanner = rowScanner()
    const patience = setTimeout(() => resolve('hangs'), 60_000)
    const end = (wrong: string | null) => {
      clearTimeout(patience)
      resolve(wrong)
    }
    const fail = (error: Error) =>
      end(
        error instanceof CsvBroken
          ? error.message.includes(secret)
            ? 'tells what it was given'
            : null
          : String(error),
      )
    guard.on('error', fail)
    scanner.on('error', fail)
    scanner.on('data', () => undefined)
    scanner.on('end', () => end(null))
    guard.pipe(scanner)
    for (const part of parts) guard.write(part)
    guard.end()
  })
}
