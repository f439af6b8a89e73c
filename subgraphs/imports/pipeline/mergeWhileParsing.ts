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
 * checked and merged on that of the run. Most of an import is PostgreSQL's work on one processor; so the other one has its share. The
 * transaction is the same as without: whatever is found in `files` puts back what was merged meanwhile. Throws PackageRefused and
 * NeedsConfirmation.
 */
export async function mergeWhileParsing(
  run: Run,
  files: readonly HeadedFile[],
  profile: Profile,
  staged: Map<EntityName, StagedFile>,
): Promise<void> {
  const early = new Map(staged)
  const stop = new AbortController()
  const signal = AbortSignal.any([run.signal, stop.signal])
  // What the heartbeat tells is how far the files are.
  const beside = { ...run, signal, progress: startProgress() }
  await onSecondConnection({ ...run, signal }, async (second) => {
    const checked = checkEarly(beside, early)
    const ready = checkLater(second, { files, profile, staged, early, checked })
    const parts = { staged, early, ready, stop: stop.signal }
    const merged = checked.then((isGood) => (isGood ? mergeAll(run, beside, parts) : undefined))
    await allOrNone(stop, [checked, ready, merged])
  })
}

/** What refers to nothing in the later files; a removed record may still be used by them. */
const isEarly = ({ code }: ReferenceRule) => code !== 'reference.stillUsed'

/** Whether it may be merged, as far as can be known. */
async function checkEarly(run: Run, early: Staged): Promise<boolean> {
  await leaveOutErased(run, early)
  await checkReferences(run, early, isEarly)
  return !run.issues.errors && !(await exceedsRemovalLimit(run, early))
}

interface Later {
  readonly files: readonly HeadedFile[]
  readonly profile: Profile
  /** What is parsed is added to it. */
  readonly staged: Map<EntityName, StagedFile>
  readonly early: Staged
  readonly checked: Promise<boolean>
}

/** Ends when nothing stands against the merge. */
async function checkLater(run: Run, { files, profile, staged, early, checked }: Later): Promise<void> {
  const isReadable = await parseRows(run, files, profile, staged)
  const later = without(staged, early)
  if (isReadable) {
    await leaveOutErased(run, later)
    await checkReferences(run, staged, (rule) => !early.has(rule.file.entity.name) || !isEarly(rule))
  }
  // Everything is told before the package is refused.
  const isGood = await checked
  if (!isReadable || run.issues.errors) throw new PackageRefused()
  const isTooMuch = await exceedsRemovalLimit(run, later)
  if (!isGood || isTooMuch) throw new NeedsConfirmation()
}

interface Parts {
  readonly staged: Staged
  readonly early: Staged
  readonly ready: Promise<void>
  readonly stop: AbortSignal
}

async function mergeAll(run: Run, beside: Run, { staged, early, ready, stop }: Parts): Promise<void> {
  await inMerge(run, async (merge) => {
    await cancellable(run, stop, () => mergeFiles(beside, merge, early))
    await ready
    await announceMerge(run)
    await mergeFiles(run, merge, without(staged, early))
    await completeMerge(run, merge, staged)
  })
}

function without(staged: Staged, early: Staged): Staged {
  return new Map([...staged].filter(([name]) => !early.has(name)))
}

/** When one fails the others are stopped; throws what failed first, when all have ended. */
async function allOrNone(stop: AbortController, works: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(works.map((work) => work.catch((error: unknown) => stop.abort(error))))
  if (stop.signal.aborted) throw stop.signal.reason
}
