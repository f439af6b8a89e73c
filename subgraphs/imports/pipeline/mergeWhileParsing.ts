import type { Profile } from '../../../oneroster/csv'
import type { EntityName } from '../../../oneroster/model'
import type { Staged } from './afterwards'
import { cancellable, onSecondConnection } from './cancellable'
import { checkReferences } from './checkReferences'
import { NeedsConfirmation, PackageRefused, type Run, type StagedFile } from './job'
import { leaveOutErased } from './leaveOutErased'
import { announceMerge, completeMerge, inMerge, mergeFiles, renderTouchedUsers, type Merge } from './mergeStaged'
import { parseRows } from './parseRows'
import { startProgress } from './progress'
import type { HeadedFile } from './readHeaders'
import type { ReferenceRule } from './referenceRules'
import { exceedsRemovalLimit } from './removalLimit'
import { isOfChangedType } from './typeRules'

/** No other file refers to what these hold, so others can be merged without them. They come last in the order of merging. */
const referringOnly: readonly EntityName[] = ['enrollment', 'demographics']
/** Below this there is nothing to win. */
const leastBytes = 1 << 20

/**
 * Files that are worth parsing while others are merged already, in the order in which they are wanted; none unless the whole package is
 * refused for an error.
 */
export function parsedLater({ job }: Run, files: readonly HeadedFile[]): HeadedFile[] {
  if (job.options.onError !== 'REJECT' || files.some(({ older }) => older)) return []
  const referring = files.filter(({ entity }) => referringOnly.includes(entity.name))
  if (referring.reduce((sum, { bytes }) => sum + bytes, 0) < leastBytes) return []
  return [...files.filter(({ entity }) => entity.name === 'user'), ...referring]
}

/**
 * Steps 4 to 9 for a large package: `files` (parsedLater) are parsed and checked on connections of their own while what was `staged` before
 * is merged on that of the run. Most of an import is PostgreSQL's work on one processor; so the other one has its share. Users follow when
 * nothing stands against them and what was staged before, and the others as soon as they are staged, while they are still being checked. The
 * transaction is the same as without: whatever is found puts back what was merged meanwhile. Throws PackageRefused and NeedsConfirmation.
 */
export async function mergeWhileParsing(
  run: Run,
  files: readonly HeadedFile[],
  profile: Profile,
  staged: Map<EntityName, StagedFile>,
): Promise<void> {
  // Not in the transaction of the merge, where nobody else could do the same with the others.
  await leaveOutErased(run, staged)
  const first = new Map(staged)
  const isTooMuch = await exceedsRemovalLimit(run, first)
  const stop = new AbortController()
  const signal = AbortSignal.any([run.signal, stop.signal])
  // What the heartbeat tells is how far the files are.
  const beside = { ...run, signal, progress: startProgress() }
  const of = (names: readonly EntityName[]) => new Map([...staged].filter(([name]) => names.includes(name)))
  const users = () => of(['user'])
  const later = () => of(referringOnly)
  // From here on nobody else writes into this roster: what is found out about it stays true.
  await inMerge(run, (merge) =>
    onSecondConnection({ ...run, signal }, async (second) => {
      const parse = (names: readonly EntityName[]) => {
        const wanted = files.filter(({ entity }) => names.includes(entity.name))
        return parseRows(second, wanted, profile, staged)
      }
      const areUsersParsed = parse(['user'])
      const isParsed = areUsersParsed.then(async (isReadable) => {
        const areOthers = await parse(referringOnly)
        await leaveOutErased(second, later())
        return isReadable && areOthers
      })
      const mayMerge = areUsersParsed.then(async (isReadable) => {
        const early = new Map([...first, ...users()])
        return (
          isReadable && (await onSecondConnection(beside, (third) => checkEarly(third, early, users()))) && !isTooMuch
        )
      })
      const isLaterTooMuch = isParsed.then((isReadable) => isReadable && exceedsRemovalLimit(second, later()))
      const parts = { staged, first, users, later, mayMerge, isParsed, isLaterTooMuch }
      const ready = checkLater(second, parts)
      const merged = isTooMuch ? giveUp(run) : mergeAll(run, beside, merge, { ...parts, ready, stop: stop.signal })
      await allOrNone(stop, [mayMerge, isParsed, isLaterTooMuch, ready, merged])
    }),
  )
}

interface Parts {
  readonly staged: Staged
  /** What was staged before all this. */
  readonly first: Staged
  readonly users: () => Staged
  readonly later: () => Staged
  /** Nothing stands against what was staged first and users. */
  readonly mayMerge: Promise<boolean>
  /** All files are staged; false when one of them could not be read to its end. */
  readonly isParsed: Promise<boolean>
  /** The later files would remove more than they may; until then their removals are not counted. */
  readonly isLaterTooMuch: Promise<boolean>
}

/** What refers to nothing in the later files; a record that is removed or gets another type may still be used by them. */
const isEarly = (rule: ReferenceRule) => rule.code !== 'reference.stillUsed' && !isOfChangedType(rule)

/** Removals of bulk files are counted by the time that this is asked. */
const mayRemove = ({ mode, counts }: StagedFile) => mode === 'delta' || counts.removed > 0

/** On a connection that does not see what the transaction of the merge has written: rules are about what was stored before. */
async function checkEarly(run: Run, early: Staged, users: Staged): Promise<boolean> {
  await leaveOutErased(run, users)
  await checkReferences(run, early, { isAsked: isEarly, inTurn: true })
  return !run.issues.errors && !(await exceedsRemovalLimit(run, users))
}

/** Ends when nothing stands against the merge. */
async function checkLater(run: Run, { staged, mayMerge, isParsed, isLaterTooMuch }: Parts): Promise<void> {
  const isReadable = await isParsed
  // Asked for first, since the merge waits for it.
  const isTooMuch = await isLaterTooMuch
  const isLate = (rule: ReferenceRule) =>
    referringOnly.includes(rule.file.entity.name) || isOfChangedType(rule) || (!isEarly(rule) && mayRemove(rule.file))
  if (isReadable) await checkReferences(run, staged, { isAsked: isLate })
  // Everything is told before the package is refused.
  const isGood = await mayMerge
  if (!isReadable || run.issues.errors) throw new PackageRefused()
  if (isTooMuch || !isGood) throw new NeedsConfirmation()
  await announceMerge(run)
}

/** Commits only when `ready`. */
async function mergeAll(
  run: Run,
  beside: Run,
  merge: Merge,
  {
    staged,
    first,
    users,
    later,
    mayMerge,
    isParsed,
    isLaterTooMuch,
    ready,
    stop,
  }: Parts & { ready: Promise<void>; stop: AbortSignal },
): Promise<void> {
  const written = cancellable(run, stop, async () => {
    await mergeFiles(beside, merge, first)
    if (!(await mayMerge)) return giveUp(run)
    await mergeFiles(beside, merge, users())
    await renderTouchedUsers(beside, merge, staged)
    if ((await isParsed) && !run.issues.errors) await mergeFiles(beside, merge, later(), isLaterTooMuch)
  })
  // Rows that are not checked yet may not fit; if so, the check tells why.
  await written.catch(async (error: unknown) => {
    if (isOfData(error)) await ready
    throw error
  })
  await ready
  await completeMerge(run, merge, staged)
}

/** The package is as good as refused: the writers of the board need not wait until all is told. */
async function giveUp({ client }: Run): Promise<void> {
  await client.query('rollback')
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
