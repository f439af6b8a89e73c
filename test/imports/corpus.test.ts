import { corpus } from './corpus/cases'
import type { CorpusCase } from './corpus/corpusCase'
import { openCorpusHub, type CorpusHub, type Outcome } from './corpus/runCorpus'

/**
 * The conformance corpus: packages made from the columns, vocabularies and rules of the documents, each with the verdict that the documents
 * give it, imported by the real pipeline. Where they differ, the documents decide who is right.
 */
/** What differs, for a reader: the package, the clause, what was expected and what came. */
function difference(one: CorpusCase, outcome: Outcome): string[] {
  const { name, clause, generation, expected } = one
  const { state, errors, warnings, profile } = outcome
  const wanted = expected.errors.length ? 'REJECTED' : 'COMPLETED'
  const say = (severity: string, want: readonly string[], got: readonly string[]) => [
    ...want.filter((one) => !got.includes(one)).map((one) => `missing ${severity} ${one}`),
    ...got.filter((one) => !want.includes(one)).map((one) => `unexpected ${severity} ${one}`),
  ]
  const recognised = one.recognisedAs === undefined ? generation : one.recognisedAs
  const all = [
    ...(state === 'COMPLETED' && recognised !== null && recognised !== profile ? [`recognised as ${profile}`] : []),
    ...(state === wanted ? [] : [`${state}, not ${wanted}`]),
    ...say('error', expected.errors, errors),
    ...say('warning', expected.warnings, warnings),
  ]
  return all.length ? [`${generation} | ${name} | section ${clause}\n    ${all.join('\n    ')}`] : []
}

describe('the conformance corpus', () => {
  let hub: CorpusHub
  let tried = 0
  beforeAll(async () => void (hub = await openCorpusHub()))
  afterAll(async () => {
    process.stdout.write(`conformance corpus: ${tried} packages tried\n`)
    await hub.close()
  })

  test.each(Object.entries(corpus))(
    '%s: every package gets the verdict and the codes that the documents say',
    async (_group, cases) => {
      const outcomes = await hub.run(cases)
      tried += outcomes.length
      const differences = outcomes.flatMap((outcome, index) => difference(cases[index]!, outcome))
      if (differences.length) throw new Error(`${differences.length} packages differ:\n${differences.join('\n')}`)
    },
    600_000,
  )

  test('holds at least 700 packages, no two of one name', () => {
    const names = Object.values(corpus).flatMap((cases) => cases.map(({ generation, name }) => `${generation} ${name}`))
    expect(names.length).toBeGreaterThanOrEqual(700)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })
})
