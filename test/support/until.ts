import { setTimeout as sleep } from 'node:timers/promises'

/**
 * How long a test waits for something that must come, on the slowest machine that it may run on. Shorter than jest's testTimeout, so that the
 * failure says what did not come; nothing that works takes a tenth of it.
 */
export const patienceMilliseconds = 150_000

/**
 * Looks again and again until there is something (anything but false, null and undefined), and answers it. Tests wait for a thing with this, and never by
 * sleeping: whatever happens behind an answer or a commit happens a moment later, and on a busy machine that moment is long.
 * Throws when it does not come.
 */
export async function until<T>(
  what: string | (() => string),
  look: () => T | Promise<T>,
  everyMilliseconds = 20,
): Promise<Exclude<T, false | null | undefined>> {
  for (const end = Date.now() + patienceMilliseconds; ; await sleep(everyMilliseconds)) {
    const found = await look()
    if (found !== false && found !== null && found !== undefined) return found as Exclude<T, false | null | undefined>
    if (Date.now() > end) throw new Error(`waited in vain: ${typeof what === 'string' ? what : what()}`)
  }
}
