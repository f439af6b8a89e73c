import { definedColumns, profiles } from '../../../oneroster/csv'
import { parseUserIds } from '../../../oneroster/formats'
import { entities } from '../../../oneroster/model'
import { rowEncoder } from './stageRows'

/** Texts with whatever JSON or COPY writes otherwise than as it is, and some with nothing of it. */
const texts = [
  'plain',
  'a:b',
  'say "yes"',
  'C:\\temp',
  'tab\there',
  '\u0001',
  '名簿',
  '👨‍👩‍👧',
  '𠮷',
  '\u2028',
  "it's",
  '\u007f',
]

describe('what is staged', () => {
  const header = [...definedColumns(entities.user), 'metadata.one', 'metadata."odd"\\key']
  const encoder = rowEncoder(entities.user, header, { mode: 'delta', profile: profiles['base-1.2.1'] })

  /** The cells of a line in COPY's text format, by column. */
  function staged(userIds: string, one: string, odd: string): Map<string, string> {
    const filled = new Map([
      ['userIds', userIds],
      ['metadata.one', one],
      ['metadata."odd"\\key', odd],
    ])
    const cells = header.map((column) => filled.get(column) ?? (column === 'sourcedId' ? 'id' : ''))
    const unescaped = (text: string) =>
      text.replace(/\\(.)/g, (_, character: string) => ({ t: '\t', n: '\n', r: '\r' })[character] ?? character)
    const line = encoder.good(2, cells)
    expect(line.endsWith('\n')).toBe(true)
    return new Map(
      line
        .slice(0, -1)
        .split('\t')
        .map((text, index) => [encoder.columns[index]!, unescaped(text)]),
    )
  }

  it('of the extension columns of Japan is read by their kind: NULL is no reference, True is true', () => {
    const columns = ['homeClass', 'specialNeeds', 'kanaGivenName', 'shussekiNo', 'publicFlg'].map(
      (name) => `jp.${name}`,
    )
    const japanese = [...definedColumns(entities.user), ...columns.map((column) => `metadata.${column}`)]
    const metadata = (id: 'jp-k12-1.0' | 'base-1.2.1', ...values: string[]) => {
      const own = rowEncoder(entities.user, japanese, { mode: 'bulk', profile: profiles[id] })
      const line = own.good(
        2,
        japanese.map((_, index) => values[index - definedColumns(entities.user).length] ?? ''),
      )
      const cell = line.slice(0, -1).split('\t')[own.columns.indexOf('metadata')]!
      return cell === '\\N' ? null : JSON.parse(cell)
    }
    expect(metadata('jp-k12-1.0', 'NULL', '', '', '')).toBeNull()
    expect(metadata('jp-k12-1.0', 'k', 'True', 'NULL', '7', 'FALSE')).toEqual({
      ...{ 'jp.homeClass': 'k', 'jp.specialNeeds': 'true', 'jp.kanaGivenName': 'NULL' },
      ...{ 'jp.shussekiNo': '7', 'jp.publicFlg': 'false' },
    })
    expect(metadata('base-1.2.1', 'NULL', 'True')).toEqual({ 'jp.homeClass': 'NULL', 'jp.specialNeeds': 'True' })
  })

  it.each(texts)('of identifiers and extension columns is the very text: %j', (text) => {
    const one = `{Type:${text}}`
    const two = `{Type:${text}},{Other:${text}}`
    for (const userIds of [one, two]) {
      const row = staged(userIds, text, '')
      expect(JSON.parse(row.get('user_ids')!)).toEqual(parseUserIds(userIds))
      expect(JSON.parse(row.get('metadata')!)).toEqual({ one: text })
    }
    expect(JSON.parse(staged(one, '', text).get('metadata')!)).toEqual({ '"odd"\\key': text })
    expect(JSON.parse(staged(one, 'x', text).get('metadata')!)).toEqual({ one: 'x', '"odd"\\key': text })
  })
})
