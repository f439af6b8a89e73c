import { zipOf } from '../support'
import { headerOf, isJapanese, manifestFiles, versionOf, type Generation } from './facts'

export type Row = Record<string, string>
export type Files = Record<string, readonly Row[] | string | Buffer>

/** One package and what the documents say must become of it. */
export interface CorpusCase {
  readonly name: string
  /** Where the expectation stands: section of the CSV Binding 1.2, or of the Japan profile ("J 5.4"). */
  readonly clause: string
  readonly generation: Generation
  readonly files: Files
  readonly expected: Expected
  readonly modes?: Readonly<Record<string, string>>
  /** Replaces, adds or (undefined) removes properties of the manifest. */
  readonly manifest?: Readonly<Record<string, string | undefined>>
  /** Replaces the manifest, or (null) leaves it out. */
  readonly manifestText?: string | null
  /** Changes the header of a file. */
  readonly header?: (columns: string[], file: string) => string[]
  readonly form?: Form
  readonly fileName?: string
  /** The generation as which it must be recognised, if not the one it was made for; null: any. */
  readonly recognisedAs?: Generation | null
  readonly options?: Readonly<Record<string, unknown>>
  /** Further entries of the archive. */
  readonly entries?: Readonly<Record<string, string | Buffer>>
  /** Changes the bytes of the archive, or replaces them. */
  readonly bytes?: (zip: Buffer) => Buffer
}

/** How the CSV is written. */
export interface Form {
  readonly lineEnd?: '\r\n' | '\n' | '\r'
  readonly quoted?: boolean
  readonly bom?: boolean
}

/** `errors` make the package refused, `warnings` do not: each as `code file column`, parts that do not apply left out. */
export interface Expected {
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}
export const taken = (...warnings: string[]): Expected => ({ errors: [], warnings })
export const refused = (...errors: string[]): Expected => ({ errors, warnings: [] })

/** The upload of a case. */
export async function packageFor(one: CorpusCase): Promise<Buffer> {
  const contents = Object.fromEntries(
    Object.entries(one.files).map(([file, content]) => [
      file,
      typeof content === 'string' || Buffer.isBuffer(content) ? content : csvFor(one, file, content as readonly Row[]),
    ]),
  )
  const manifest = one.manifestText === undefined ? manifestFor(one) : one.manifestText
  const entries = { ...(manifest === null ? {} : { 'manifest.csv': manifest }), ...contents, ...one.entries }
  const zip = await zipOf(entries)
  return one.bytes ? one.bytes(zip) : zip
}

function manifestFor({ generation, files, modes, manifest }: CorpusCase): string {
  const properties: Record<string, string | undefined> = {
    'manifest.version': '1.0',
    'oneroster.version': versionOf(generation),
    ...Object.fromEntries(
      manifestFiles.map((file) => [
        `file.${file}`,
        modes?.[`${file}.csv`] ?? (`${file}.csv` in files ? 'bulk' : 'absent'),
      ]),
    ),
    ...manifest,
  }
  const rows = Object.entries(properties).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  return textOf([['propertyName', 'value'], ...rows], formOf(generation))
}

function csvFor({ generation, header, form }: CorpusCase, file: string, rows: readonly Row[]): string {
  const columns = headerOf(generation, file)
  const written = header ? header([...columns], file) : columns
  return textOf([written, ...rows.map((row) => written.map((column) => row[column] ?? ''))], {
    ...formOf(generation),
    ...form,
  })
}

/** Japan: every value quoted, CRLF, no BOM (Japan profile section 2). */
const formOf = (generation: Generation): Form => ({ quoted: isJapanese(generation), lineEnd: '\r\n', bom: false })

export function textOf(rows: readonly (readonly string[])[], { quoted, lineEnd = '\r\n', bom }: Form): string {
  const cell = (value: string) => (quoted || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)
  return (bom ? '\ufeff' : '') + rows.map((row) => row.map(cell).join(',') + lineEnd).join('')
}
