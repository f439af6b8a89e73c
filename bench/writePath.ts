import type { District } from './district'
import { measureExport, type ExportRun } from './exportPath'
import { against, type Figure } from './figures'
import { importPackage, type ImportRun } from './importPackage'
import { startProcess } from './processes'
import { readDuring, readsDuringFigure, type ReadsDuringImport } from './readsDuringImport'
import type { Hub, Servers } from './servers'
import { median } from './statistics'
import { prepareWriteFloor, type Step, type WriteFloor } from './writeFloor'

/** Name of the database that a district is imported into. */
export const hubName = ({ students }: District) => `hub_${students}`

interface Round {
  readonly first: [WriteFloor, ImportRun]
  readonly unchanged: [WriteFloor, ImportRun]
  /** The file of `unchanged` once more, with nothing written since. */
  readonly again: ImportRun
  readonly delta: ImportRun
  readonly reads: ReadsDuringImport
  readonly exported: ExportRun
  readonly steps: readonly Step[]
}

/**
 * Imports of one district, each beside its floor. Floor and hub have a database each on the same server, made anew for each round; between
 * the first import and the unchanged one both are vacuumed, as a night would do. The last round's hub stays, filled.
 */
export async function measureWrites(servers: Servers, district: District, rounds: number): Promise<Figure[]> {
  const measured: Round[] = []
  for (let round = 1; round <= rounds; round++) {
    console.log(`Importing ${district.totalRows} rows, round ${round} of ${rounds} ...`)
    measured.push(await measureRound(servers, district))
  }
  return figures(district, measured)
}

/** Fills a hub without measuring, for the read path alone. */
export async function fillHub(hub: Hub, district: District): Promise<void> {
  const serving = await startProcess('scripts/serve', hub.env)
  try {
    await importPackage(hub, serving.pid, district.bulk)
  } finally {
    await serving.stop()
  }
}

async function measureRound(servers: Servers, district: District): Promise<Round> {
  const floorHub = await servers.openHub(`floor_${district.students}`)
  const hub = await servers.openHub(hubName(district))
  const serving = await startProcess('scripts/serve', hub.env)
  const floor = await prepareWriteFloor(floorHub, district)
  try {
    const first: Round['first'] = [await floor.first(), await importPackage(hub, serving.pid, district.bulk)]
    expectCounts(first[1], district, 'created')
    for (const { owner } of [floorHub, hub]) await owner.query('vacuum (analyze)')
    const unchanged: Round['unchanged'] = [
      await floor.unchanged(),
      await importPackage(hub, serving.pid, district.unchanged),
    ]
    expectCounts(unchanged[1], district, 'unchanged')
    const again = await importPackage(hub, serving.pid, district.unchanged)
    const delta = await importPackage(hub, serving.pid, district.delta)
    const reads = await readDuring(hub, () => importPackage(hub, serving.pid, district.unchanged, { force: true }))
    const exported = await measureExport(hub)
    return { first, unchanged, again, delta, reads, exported, steps: floor.steps }
  } finally {
    await serving.stop()
    await floor.close()
    await floorHub.drop()
    await hub.close()
  }
}

/** A fast import that imports nothing is no achievement. */
function expectCounts({ files }: ImportRun, { totalRows }: District, what: 'created' | 'unchanged'): void {
  const found = files.reduce((sum, file) => sum + file[what], 0)
  if (found !== totalRows) throw new Error(`${totalRows} rows should be ${what}, the job says ${found}`)
}

function figures({ students, totalRows }: District, rounds: readonly Round[]): Figure[] {
  const all = { students, unit: 's' as const }
  const pick = (value: (round: Round) => number | undefined) => median(rounds.map((round) => value(round) ?? NaN))
  const side = (kind: 'first' | 'unchanged') => ({
    floor: pick(({ [kind]: [{ copy, merge }] }) => copy + merge),
    copy: pick(({ [kind]: [floor] }) => floor.copy),
    merge: pick(({ [kind]: [floor] }) => floor.merge),
    measured: pick(({ [kind]: [, run] }) => run.seconds),
  })
  const first = side('first')
  const unchanged = side('unchanged')
  const detail = ({ copy, merge }: typeof first) => ({ copySeconds: copy, mergeSeconds: merge, rows: totalRows })
  const memory = (id: string, what: string, value: (round: Round) => number | undefined): Figure[] => {
    const measured = Math.max(...rounds.map((round) => value(round) ?? NaN))
    return Number.isNaN(measured) ? [] : [{ id, what, students, unit: 'MB', measured }]
  }
  return [
    against(first.floor, {
      id: 'write.first',
      what: 'first import',
      ...all,
      measured: first.measured,
      detail: detail(first),
    }),
    { id: 'write.first.seconds', what: 'first import, upload included', ...all, measured: first.measured },
    { id: 'write.first.rows', what: 'first import', students, unit: 'rows/s', measured: totalRows / first.measured },
    against(unchanged.floor, {
      ...{ id: 'write.unchanged', what: 'import that changes nothing', ...all },
      ...{ measured: unchanged.measured, detail: detail(unchanged) },
    }),
    { id: 'write.again', what: 'the same file again', ...all, measured: pick(({ again }) => again.seconds) },
    { id: 'write.delta1000', what: 'delta of 1,000 rows', ...all, measured: pick(({ delta }) => delta.seconds) },
    exportFigure(students, rounds),
    ...memory('export.workerMemory', 'worker while exporting, peak memory', ({ exported }) => exported.workerMemory),
    ...memory('write.workerMemory', 'worker, peak memory', ({ first: [, run] }) => run.workerMemory),
    ...memory(
      'write.uploadMemory',
      'serving process, growth while uploading',
      ({ first: [, run] }) => run.uploadMemory,
    ),
    { id: 'write.upload', what: 'upload', ...all, measured: pick(({ first: [, run] }) => run.uploadSeconds) },
    readsDuringFigure(students, rounds.at(-1)!.reads),
    ...stepFigures(students, rounds),
  ]
}

function exportFigure(students: number, rounds: readonly Round[]): Figure {
  const pick = (value: (run: ExportRun) => number) => median(rounds.map(({ exported }) => value(exported)))
  return against(
    pick(({ floor }) => floor),
    {
      ...{ id: 'export.bulk', what: 'export of everything', students, unit: 's' },
      ...{ measured: pick(({ seconds }) => seconds), detail: { rows: pick(({ rows }) => rows) } },
    },
  )
}

/** Steps that take long enough to matter, by their first run, which is the first import. */
function stepFigures(students: number, rounds: readonly Round[]): Figure[] {
  const names = [...new Set(rounds.flatMap(({ steps }) => steps.map(({ name }) => name)))]
  return names.flatMap((name) => {
    const runs = rounds.map(({ steps }) => steps.find((step) => step.name === name)!).filter(Boolean)
    const seconds = median(runs.map((step) => step.seconds))
    const { rows } = runs[0]!
    if (seconds < 0.05 || !rows) return []
    const detail = { seconds: Number(seconds.toFixed(2)), rows }
    return [
      {
        id: `step.${name}`,
        what: `step: ${name}`,
        students,
        unit: 'rows/s' as const,
        measured: rows / seconds,
        detail,
      },
    ]
  })
}
