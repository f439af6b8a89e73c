import { loadavg } from 'node:os'
import { measureAudit } from './auditCost'
import { isRatioOver } from './budgets'
import { provideDistrict, type District } from './district'
import type { Figure } from './figures'
import { readOptions, usage, type BenchOptions } from './options'
import { measureReads } from './readPath'
import { busyWarning, machine, resultsFile, revision, table, writeResults } from './report'
import { startServers, type Servers } from './servers'
import { fillHub, hubName, measureWrites } from './writePath'

/** What `npm run bench` does, in order. Answers whether every ratio keeps its budget. */
async function bench(options: BenchOptions): Promise<boolean> {
  const started = new Date()
  const warning = busyWarning()
  if (warning) console.log(warning)
  const load = loadavg()[0]
  const districts: District[] = []
  for (const students of options.students) districts.push(await provideDistrict(students))
  const servers = await startServers(options)
  onInterrupt(() => servers.stop())
  const figures: Figure[] = []
  try {
    figures.push(...(await measure(servers, districts, options)))
  } finally {
    await servers.stop()
  }
  console.log(`\n${table(figures)}\n`)
  report(figures, options, {
    date: started.toISOString(),
    minutes: Math.round((Date.now() - started.getTime()) / 6000) / 10,
    revision: revision(),
    machine: { ...machine(), loadAtStart: load },
    versions: { node: process.versions.node, ...servers.versions },
    options,
  })
  return !figures.some(isRatioOver)
}

async function measure(servers: Servers, districts: readonly District[], options: BenchOptions): Promise<Figure[]> {
  const figures: Figure[] = []
  if (options.only !== 'read') {
    // A small import is over in seconds and can be repeated.
    for (const district of districts)
      figures.push(...(await measureWrites(servers, district, district.students < 100_000 ? 3 : 1)))
  }
  if (options.only === 'write') return figures
  const largest = districts.at(-1)!
  const hub = await servers.openHub(hubName(largest), { keep: options.keep || options.only === undefined })
  const { rows } = await hub.owner.query('select from users limit 1')
  if (!rows.length) {
    console.log('Filling the hub ...')
    await fillHub(hub, largest)
  }
  figures.push(...(await measureReads(hub, largest, options.rounds)))
  figures.push(
    await measureAudit(
      hub,
      figures.find(({ id }) => id === 'read.page100.oneMachine')!,
    ),
  )
  await hub.close()
  return figures
}

/** A part is not the whole: it goes to results.json only when asked to. */
function report(figures: readonly Figure[], options: BenchOptions, about: Record<string, unknown>): void {
  const isWhole = options.only === undefined && options.students.includes(200_000)
  const file = options.out ?? (isWhole || options.add ? resultsFile : undefined)
  if (!file) return console.log(`A part was measured, so ${resultsFile} stays as it is; --out writes elsewhere.`)
  writeResults(file, figures, { about, add: options.add })
  console.log(`Written to ${file}`)
}

/** Child processes see that we are gone; the servers must be told. */
function onInterrupt(stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stop()
        .catch((error: Error) => console.error(error.message))
        .finally(() => process.exit(130))
    })
  }
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') {
    console.log(usage)
    return 0
  }
  const good = await bench(options)
  if (!good) console.log('A ratio is over its budget.')
  return good ? 0 : 1
}

// All that was started is stopped by now; an idle connection of a library must not keep us.
main().then(
  (code) => process.exit(code),
  (error: Error) => {
    console.error(error.stack ?? error.message)
    process.exit(1)
  },
)
