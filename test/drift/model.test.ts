import { csvHeader, definedColumns, packageFiles, profiles } from '../../oneroster/csv'
import { entities, entityByFile, type EntityName } from '../../oneroster/model'
import { vocabularies } from '../../oneroster/vocabulary'
import facts from '../fixtures/onerosterFacts.json'

type Fact = {
  json?: string
  csv?: string
  type: string
  requiredJson?: boolean
  requiredCsv?: boolean | string
  values?: string[]
  extensible?: boolean
  references?: string
}

/** What RosterHub does not hold as a field of its own: computed, nested, or of another service. */
const notFields = new Set(['children', 'resources', 'roles', 'userProfiles', 'credentials'])

describe.each(Object.entries(facts.entities) as [EntityName, Fact[]][])(
  'the model of %s against the standard',
  (name, all) => {
    const entity = entities[name]
    const expected = all.filter((fact) => !(fact.json && notFields.has(fact.json)))

    it('has the same fields with the same JSON and CSV names', () => {
      const names = expected.map((fact) =>
        [fact.json ?? '-', fact.csv === 'metadata.*' ? '-' : (fact.csv ?? '-')].join(' '),
      )
      const ours = entity.fields
        .filter((field) => !(entity.nestedIn && field.type === 'metadata'))
        .map((field) => {
          const profileId = name === 'userProfile' && field.name === 'sourcedId'
          return [profileId ? 'profileId' : field.json === 'absent' ? '-' : field.name, field.csv ?? '-'].join(' ')
        })
      expect(ours.sort()).toEqual(names.sort())
    })

    it.each(expected.filter((fact) => fact.csv !== 'metadata.*').map((fact) => [fact.csv!, fact] as const))(
      '%s',
      (csv, fact) => {
        const field = entity.fields.find((candidate) => candidate.csv === csv)!
        expect(field.csvRequired).toBe(fact.requiredCsv)
        if (!(name === 'userProfile' && csv === 'sourcedId')) {
          expect(field.json).toBe(
            fact.requiredJson === undefined ? 'absent' : fact.requiredJson ? 'required' : 'optional',
          )
        }
        expect(field.references).toBe(fact.references)
        if (field.type === 'boolean') expect(fact.type).toBe('boolean')
        else expect(fact.values).toEqual(field.values && expect.arrayContaining([...vocabularies[field.values].tokens]))
        if (field.values) {
          expect(vocabularies[field.values].tokens).toHaveLength(fact.values!.length)
          expect(vocabularies[field.values].open).toBe(fact.extensible)
        }
        const sameType: Record<string, string> = { profileRef: 'uri' }
        if (!(name === 'userProfile' && csv === 'sourcedId')) expect(sameType[field.type] ?? field.type).toBe(fact.type)
      },
    )

    it('has the columns of the CSV binding in their order', () => {
      expect(definedColumns(entity)).toEqual(facts.headers[entity.file as keyof typeof facts.headers])
    })
  },
)

describe('CSV headers of the Japan profiles', () => {
  it.each(['jp-2nd-edition', 'jp-1.2.1', 'jp-k12-1.0'] as const)('%s has the columns of its generation', (id) => {
    const expected = facts.profiles[id]
    expect(profiles[id].onerosterVersion).toBe(expected.onerosterVersion)
    if (typeof expected.headers !== 'object') return
    for (const [file, header] of Object.entries(expected.headers)) {
      if (Array.isArray(header)) expect(csvHeader(profiles[id], entityByFile.get(file)!)).toEqual(header)
    }
  })

  it('knows every file of a package', () => {
    expect(packageFiles.map((file) => `${file}.csv`).sort()).toEqual(Object.keys(facts.headers).sort())
  })
})
