import { directoryStorage } from '../../../subgraphs/imports/storage'
import { workForTenant } from '../../../subgraphs/imports/work'
import { createImportHub, packageOf, type ImportHub } from '../support'
import { packageFor, type CorpusCase } from './corpusCase'
import { storedRoster } from './storedRoster'
import { openPool } from '../../support/database'

/** What became of one case, in the words of its expectation. */
export interface Outcome {
  readonly state: string
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
  readonly profile: string | null
}

export interface CorpusHub {
  /** Imports all cases, one after another, and answers their outcomes in order. */
  run(cases: readonly CorpusCase[]): Promise<Outcome[]>
  close(): Promise<void>
}

/**
 * The real way of an upload: importRoster, storage, claim, pipeline; only the bell is not waited for. Everything runs dry, so each package
 * meets the same stored roster, which another source has sent.
 */
export async function openCorpusHub(): Promise<CorpusHub> {
  const hub = await createImportHub()
  const pool = openPool(hub.config.databaseWorkerUrl, 3)
  const closing = new AbortController()
  const shop = {
    ...{ pool, storage: directoryStorage(hub.config.storageDir), removalLimit: 1, closing: closing.signal },
    ...{ timeLimitSeconds: 60, retrySeconds: 60, at: async () => undefined },
  }
  const stored = await hub.upload(await packageOf(storedRoster()), { source: 'stored' })
  await workForTenant(shop, hub.tenantId)
  const { state, issues } = await hub.job(stored)
  if (state !== 'COMPLETED' || issues.total) throw new Error(`the stored roster is ${state}: ${JSON.stringify(issues)}`)
  return {
    async run(cases) {
      const ids: string[] = []
      for (const one of cases) {
        const options = { source: 'corpus', dryRun: true, ...one.options }
        ids.push(await hub.upload(await packageFor(one), options, one.fileName ?? 'RO_20260401_132012.zip'))
      }
      while (await workForTenant(shop, hub.tenantId));
      return outcomes(hub, ids)
    },
    async close() {
      await pool.end()
      await hub.close()
    },
  }
}

async function outcomes(hub: ImportHub, ids: readonly string[]): Promise<Outcome[]> {
  const { rows } = await hub.owner.query<{
    job_id: string
    state: string
    profile: string | null
    found: string[] | null
  }>(
    `select j.job_id, j.state, j.profile, array_agg(distinct concat_ws(' ', left(i.severity, 1), i.code, i.file, i.column_name)) as found
     from import_jobs j left join import_issues i on i.tenant_id = j.tenant_id and i.job_id = j.job_id and i.code is not null
     where j.job_id = any($1) group by j.job_id, j.state, j.profile`,
    [ids],
  )
  const byId = new Map(rows.map((row) => [row.job_id, row]))
  return ids.map((jobId) => {
    const { state, profile, found } = byId.get(jobId)!
    const of = (letter: string) =>
      (found ?? []).filter((one) => one.startsWith(`${letter} `)).map((one) => one.slice(2))
    return { state, profile, errors: of('e'), warnings: of('w') }
  })
}
