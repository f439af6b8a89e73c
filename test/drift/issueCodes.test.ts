import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { issueCodes, issueMessage } from '../../oneroster/issueCodes'
import { issuesDocument } from '../../oneroster/issuesDocument'
import { projectRoot } from '../../platform/projectRoot'

describe('the list of issue codes', () => {
  const sources = [
    'oneroster',
    'subgraphs/imports',
    'subgraphs/imports/pipeline',
    'subgraphs/imports/exports',
    'subgraphs/roster',
  ]
    .flatMap((folder) => readdirSync(join(projectRoot, folder)).map((file) => join(projectRoot, folder, file)))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('issueCodes.ts'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')

  test('is what docs/issues.md says', () => {
    expect(readFileSync(join(projectRoot, 'docs/issues.md'), 'utf8')).toBe(issuesDocument())
  })

  test('holds no code that nothing reports, and everything reported is in it', () => {
    const reported = new Set(
      sources.match(/(?<=')(package|manifest|header|row|reference|export)\.(?!csv|version)[a-zA-Z0-9]+(?=')/g),
    )
    expect([...reported].sort()).toEqual(Object.keys(issueCodes).sort())
  })

  test('speaks English and Japanese of the same parameters', () => {
    const parameters = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()
    for (const [code, { english, japanese }] of Object.entries(issueCodes)) {
      const missing = parameters(japanese).filter((one) => !parameters(english).includes(one))
      expect({ code, missing }).toEqual({ code, missing: [] })
      expect(japanese).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/)
    }
    expect(issueMessage('row.columnCount', { found: 3, expected: 4 }, 'english')).toBe(
      'The row has 3 cells, the header 4.',
    )
  })
})
