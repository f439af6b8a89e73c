/** What `npm run bench` was asked to do. */
export interface BenchOptions {
  /** Students of each district that is imported; the largest is then read. */
  readonly students: readonly number[]
  readonly only: 'read' | 'write' | undefined
  /** Interleaved rounds of the read path. */
  readonly rounds: number
  /** Keep the databases (several GB below .rosterhub/bench), so that `--only read` finds them filled. */
  readonly keep: boolean
  /** Where the figures go; undefined: bench/results.json, when everything was measured. */
  readonly out: string | undefined
  /** The figures stand beside those that the file has, instead of replacing them. */
  readonly add: boolean
}

export const usage = `npm run bench [-- options]

  --quick             a district of 20,000 students only (a few minutes)
  --students N[,N]    districts of these sizes (default 20000,200000; the largest is read)
  --only read|write   one path only
  --rounds N          interleaved rounds of the read path (default 15)
  --keep              keep the databases, so that the next --only read need not import again
  --out FILE          where the figures go (default bench/results.json, unless something is left out)
  --add               add the figures to the file as another run, instead of writing it anew

Exit code 1: a ratio is over its budget. Expect a quarter of an hour, and run it on a machine that does nothing else.`

/** Throws an Error with one sentence for an argument that it does not understand. */
export function readOptions(args: readonly string[]): BenchOptions | 'help' {
  let students = [20_000, 200_000]
  let only: BenchOptions['only']
  let rounds = 15
  let keep = false
  let out: string | undefined
  let add = false
  const rest = [...args]
  while (rest.length) {
    const argument = rest.shift()!
    if (argument === '--help' || argument === '-h') return 'help'
    else if (argument === '--quick') students = [20_000]
    else if (argument === '--keep') keep = true
    else if (argument === '--add') add = true
    else if (argument === '--students')
      students = text(argument, rest)
        .split(',')
        .map((part) => whole(argument, part))
    else if (argument === '--rounds') rounds = whole(argument, text(argument, rest))
    else if (argument === '--out') out = text(argument, rest)
    else if (argument === '--only') only = readOrWrite(text(argument, rest))
    else throw new Error(`${argument} is no option of this command; --help lists them`)
  }
  return { students: students.sort((a, b) => a - b), only, rounds, keep, out, add }
}

function text(name: string, rest: string[]): string {
  const value = rest.shift()
  if (value) return value
  throw new Error(`${name} needs a value`)
}

function whole(name: string, value: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number > 0) return number
  throw new Error(`${name} must be a whole number above 0, not ${value}`)
}

function readOrWrite(value: string): 'read' | 'write' {
  if (value === 'read' || value === 'write') return value
  throw new Error(`--only must be read or write, not ${value}`)
}
