import type { Profile } from '../../../oneroster/csv'
import type { EntityName } from '../../../oneroster/model'
import type { Staged } from './afterwards'
import { cancellable, onSecondConnection } from './cancellable'
import { checkReferences } from './checkReferences'
import { NeedsConfirmation, PackageRefused, type Run, type StagedFile } from './job'
import { leaveOutErased } from './leaveOutErased'
import { announceMerge, completeMerge, inMerge, mergeFiles } from './mergeStaged'
import { parseRows } from './parseRows'
import { startProgress } from './progress'
import type { HeadedFile } from './readHeaders'
import type { ReferenceRule } from './referenceRules'
import { exceedsRemovalLimit } from './removalLimit'

/** No other file refers to what these hold, so others can be merged without them. They come last in the order of merging. */
const referringOnly: readonly EntityName[] = ['enrollment', 'demographics']
/** Below this there is nothing to win. */
const leastBytes = 1 << 20

/** Files that are worth parsing while the others are merged already; none unless the whole package is refused for an error. */
export function parsedLater({ job }: Run, files: readonly HeadedFile[]): HeadedFile[] {
  if (job.options.onError !== 'REJECT' || files.some(({ older }) => older)) return []
  const later = files.filter(({ entity }) => referringOnly.includes(entity.name))
  return later.reduce((sum, { bytes }) => sum + bytes, 0) < leastBytes ? [] : later
}

/**
 * Steps 4 to 9 for a large package: `files` (parsedLater) are parsed and checked on a connection of their own while what was `staged` before is
 * checked and merged on that of the run, and they are merged while they are still being checked. Most of an import is PostgreSQL's work on one
 * processor; so the other one has its share. The transaction is the same as without: whatever is found in `files` puts back what was
 * merged meanwhile. Throws PackageRefused and NeedsConfirmation.
 */
export async function mergeWhileParsing(
  run: Run,
  files: readonly HeadedFile[],
  profile: Profile,
  staged: Map<EntityName, StagedFile>,
): Promise<void> {
  const early = new Map(staged)
  const later = () => new Map([...staged].filter(([name]) => !early.has(name)))
  const stop = new AbortController()
  const signal = AbortSignal.any([run.signal, stop.signal])
  // What the heartbeat tells is how far the files are.
  const beside = { ...run, signal, progress: startProgress() }
  await onSecondConnection({ ...run, signal }, async (second) => {
    const mayMerge = checkEarly(beside, early)
    const isParsed = parseRows(second, files, profile, staged).then(async (isReadable) => {
      await leaveOutErased(second, later())
      return isReadable
    })
    const ready = checkLater(second, { staged, early, later, mayMerge, isParsed })
    const merged = mergeAll(run, beside, { staged, early, later, mayMerge, isParsed, ready, stop: stop.signal })
    await allOrNone(stop, [mayMerge, isParsed, ready, merged])
  })
}

interface Parts {
  readonly staged: Staged
  readonly early: Staged
  readonly later: () => Staged
  /** Nothing stands against the early files. */
  readonly mayMerge: Promise<boolean>
  /** The later files are staged; false when one of them could not be read to its end. */
  readonly isParsed: Promise<boolean>
}

/** What refers to nothing in the later files; a removed record may still be used by them. */
const isEarly = ({ code }: ReferenceRule) => code !== 'reference.stillUsed'

async function checkEarly(run: Run, early: Staged): Promise<boolean> {
  await leaveOutErased(run, early)
  await checkReferences(run, early, isEarly)
  return !run.issues.errors && !(await exceedsRemovalLimit(run, early))
}

/** Ends when nothing stands against the merge. */
async function checkLater(run: Run, { staged, early, later, mayMerge, isParsed }: Parts): Promise<void> {
  const isReadable = await isParsed
  if (isReadable) await checkReferences(run, staged, (rule) => !early.has(rule.file.entity.name) || !isEarly(rule))
  // Everything is told before the package is refused.
  const isGood = await mayMerge
  if (!isReadable || run.issues.errors) throw new PackageRefused()
  const isTooMuch = await exceedsRemovalLimit(run, later())
  if (!isGood || isTooMuch) throw new NeedsConfirmation()
  await announceMerge(run)
}

/** Commits only when `ready`. */
async function mergeAll(
  run: Run,
  beside: Run,
  { staged, early, later, mayMerge, isParsed, ready, stop }: Parts & { ready: Promise<void>; stop: AbortSignal },
): Promise<void> {
  if (!(await mayMerge)) return
  await inMerge(run, async (merge) => {
    const written = cancellable(run, stop, async () => {
      await mergeFiles(beside, merge, early)
      if ((await isParsed) && !run.issues.errors) await mergeFiles(beside, merge, later())
    })
    // Rows that are not checked yet may not fit; if so, the check tells why.
    await written.catch(async (error: unknown) => {
      if (isOfData(error)) await ready
      throw error
    })
    await ready
    await completeMerge(run, merge, staged)
  })
}

/** PostgreSQL's classes 22 (data exception) and 23 (integrity constraint violation), a sourcedId that stands there twice for one. */
function isOfData(error: unknown): boolean {
  return /^2[23]/.test(String((error as { code?: unknown }).code ?? ''))
}

/** When one fails the others are stopped; throws what failed first, when all have ended. */
async function allOrNone(stop: AbortController, works: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(works.map((work) => work.catch((error: unknown) => stop.abort(error))))
  if (stop.signal.aborted) throw stop.signal.reason
}
