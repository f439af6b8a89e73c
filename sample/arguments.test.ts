import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readArguments, usage } from './arguments'

const folder = mkdtempSync(join(tmpdir(), 'sample-'))
afterAll(() => rmSync(folder, { recursive: true }))

const run = (...args: string[]) =>
  spawnSync(process.execPath, ['scripts/bootstrap.cjs', 'sample/generate', ...args], { encoding: 'utf8' })

test('values stand behind an option or an equals sign; shares may be left out', () => {
  const args = [
    '--students',
    '300',
    '--seed=a b',
    '--guardians',
    '--demographics',
    '--userProfiles',
    '0.5',
    '--out',
    'x.zip',
  ]
  expect(readArguments(args)).toEqual({
    students: 300,
    seed: 'a b',
    guardians: true,
    demographics: true,
    userProfiles: 0.5,
    out: 'x.zip',
  })
})

test.each([
  [['--student', '3'], /--student is no option/],
  [['roster.zip'], /roster\.zip is no option/],
  [['--students'], /--students needs a value/],
  [['--students', '--out', 'x'], /--students needs a value/],
  [['--students', 'many'], /--students must be a whole number, not many/],
  [['--students', '-3'], /--students must be a whole number/],
  [['--seed', '1', '--seed', '2'], /--seed stands twice/],
  [['--guardians=most'], /--guardians must be a share/],
  [['--demographics=no'], /--demographics takes no value/],
])('%j is refused with a sentence that names the argument', (args, message) => {
  expect(() => readArguments(args)).toThrow(message)
})

test('--help lists every option that is understood', () => {
  const listed = [...usage().matchAll(/^ {2}--(\S+)/gm)].map(([, name]) => name)
  expect(listed).toContain('delta-of')
  for (const name of listed) expect(() => readArguments([`--${name}`, '1'])).not.toThrow(`--${name} is no option`)
})

test('the command ends with 2 for what it does not understand, and writes nothing', () => {
  const wrong = run('--students', '10', '--pupils', '3', '--out', `${folder}/`)
  expect([wrong.status, wrong.stdout]).toEqual([2, ''])
  expect(wrong.stderr).toMatch(/^--pupils is no option of this command; --help lists them\n$/)
  const outOfRange = run('--students', '10', '--schools', '11', '--out', `${folder}/`)
  expect([outOfRange.status, outOfRange.stderr]).toEqual([2, '--schools must be a whole number from 1 to 10, not 11\n'])
  expect(readdirSync(folder)).toEqual([])
})

test('the command names a package in a folder as the Japan profile does', () => {
  const { status, stdout } = run('--students', '10', '--out', `${folder}/`)
  expect(status).toBe(0)
  const [name] = readdirSync(folder)
  expect(name).toMatch(/^RO_20260401_\d{6}\.zip$/)
  expect(stdout).toContain(name)
})
