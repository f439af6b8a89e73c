import { OptionError, type SampleOptions } from './options'

/** What the command understands; `value` is missing where an option stands alone, in brackets where it may. */
const options = [
  { name: 'students', key: 'students', value: 'N', read: number, help: 'students of the district (1000)' },
  { name: 'schools', key: 'schools', value: 'N', read: number, help: 'schools (one per 1000 students, at least 3)' },
  {
    name: 'profile',
    key: 'profile',
    value: 'ID',
    read: text,
    help: 'jp-k12-1.0 (default), jp-1.2.1, jp-2nd-edition, base-1.2.1 or base-1.2',
  },
  { name: 'seed', key: 'seed', value: 'S', read: text, help: 'another seed is another district (1)' },
  { name: 'year', key: 'year', value: 'YYYY', read: number, help: '年度 (2026)' },
  {
    name: 'guardians',
    key: 'guardians',
    value: '[SHARE]',
    read: share,
    help: 'parents of all families, or of a share 0..1',
  },
  { name: 'demographics', key: 'demographics', value: '', read: () => true, help: 'birth date and sex of students' },
  {
    name: 'userProfiles',
    key: 'userProfiles',
    value: '[SHARE]',
    read: share,
    help: 'user profiles of all, or of a share 0..1',
  },
  { name: 'delta-of', key: 'deltaOf', value: 'ZIP', read: text, help: 'write what changed since this package of ours' },
  { name: 'changes', key: 'changes', value: 'N', read: number, help: 'rows of the delta (100)' },
  { name: 'date', key: 'date', value: 'YYYY-MM-DD', read: text, help: 'day of the data (1 April, +1 day per delta)' },
  {
    name: 'out',
    key: 'out',
    value: 'PATH',
    read: text,
    help: 'ZIP to write, or a folder for RO_YYYYMMDD_code.zip (.)',
  },
] as const

/** The options of the command line, or `help`. Throws OptionError, naming the argument, for anything it does not understand. */
export function readArguments(args: readonly string[]): SampleOptions | 'help' {
  const found: Record<string, unknown> = {}
  const rest = [...args]
  while (rest.length) {
    const argument = rest.shift()!
    if (argument === '--help' || argument === '-h') return 'help'
    const [, name, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(argument) ?? []
    const option = options.find((candidate) => candidate.name === name)
    if (!option) throw new OptionError(`${argument} is no option of this command; --help lists them`)
    if (option.key in found) throw new OptionError(`--${option.name} stands twice`)
    if (inline !== undefined && !option.value) throw new OptionError(`--${option.name} takes no value`)
    found[option.key] = option.read(`--${option.name}`, inline ?? takeValue(option.value, rest))
  }
  return found
}

/** The text of `--help`. */
export function usage(): string {
  const lines = options.map(({ name, value, help }) => `  ${`--${name} ${value}`.padEnd(24)}${help}`)
  return [
    'Writes a synthetic school district as a OneRoster CSV package; the same options give the same bytes.',
    '',
    'npm run sample -- --students 200000 --out roster.zip',
    '',
    ...lines,
    '',
  ].join('\n')
}

/** The next argument when it is the option's value; a value that may be missing must look like a number. */
function takeValue(value: string, rest: string[]): string | undefined {
  if (!value || (value.startsWith('[') && !/^[\d.]+$/.test(rest[0] ?? ''))) return undefined
  return rest[0]?.startsWith('--') ? undefined : rest.shift()
}

function text(name: string, value?: string): string {
  if (value) return value
  throw new OptionError(`${name} needs a value`)
}

function number(name: string, value?: string): number {
  const digits = text(name, value)
  if (/^\d{1,15}$/.test(digits)) return Number(digits)
  throw new OptionError(`${name} must be a whole number, not ${digits}`)
}

function share(name: string, value?: string): number | true {
  if (value === undefined) return true
  if (/^(\d+|\d*\.\d+)$/.test(value)) return Number(value)
  throw new OptionError(`${name} must be a share from 0 to 1, not ${value}`)
}
