import { profiles } from './csv'
import { issueCodes, type IssueCode, type IssueCodeName } from './issueCodes'

const scopes: readonly [scope: string, title: string][] = [
  ['package', 'The archive'],
  ['manifest', 'manifest.csv'],
  ['header', 'The header row of a file'],
  ['row', 'One row, or one cell'],
  ['reference', 'A row against the others'],
  ['export', 'An export'],
]

/** docs/issues.md: the list of issue codes as people read it. Generated, so that it is what the code says. */
export function issuesDocument(): string {
  const sections = scopes.map(([scope, title]) => {
    const codes = (Object.keys(issueCodes) as IssueCodeName[]).filter((code) => code.startsWith(`${scope}.`))
    const rows = codes.map((code) => {
      const { severity, english, japanese, clause, under } = issueCodes[code] as IssueCode
      return `| \`${code}\` | ${severity}${under ? `<br>${exceptions(under)}` : ''} | ${english}<br>${japanese} | ${clause} |`
    })
    return [`## ${title}`, '', '| Code | Severity | Message | Clause |', '|---|---|---|---|', ...rows].join('\n')
  })
  return `${introduction}\n${sections.join('\n\n')}\n`
}

/** Profiles that see a rule otherwise, in words. */
function exceptions(under: NonNullable<IssueCode['under']>): string {
  const off = Object.values(profiles).filter(({ id }) => under[id] === 'off')
  const others = Object.values(profiles).flatMap(({ id }) => {
    const severity = under[id]
    return severity && severity !== 'off' ? [`${severity} under ${id}`] : []
  })
  const isJapanese = off.length > 0 && Object.values(profiles).every((one) => off.includes(one) !== one.japanese)
  const where = isJapanese ? 'Japan profiles only' : off.length ? `not under ${off.map(({ id }) => id).join(', ')}` : ''
  return [where, ...others].filter(Boolean).join('; ')
}

const introduction = `<!-- Made by codegen.ts from oneroster/issueCodes.ts, do not edit. -->

# Issues of an import

Everything that \`importJob { issues }\` can report, and in the last section what \`exportJob { issues }\` can. An **error** keeps the row, or the whole package, out; a **warning** does not. With
\`onError: REJECT\` (the default) any error keeps the whole package out; with \`SKIP\` the rows at fault and what refers to them are left out.
Errors of scope \`package\`, \`manifest\` and \`header\`, and files that cannot be read to their end, always keep the whole package out.

An issue names file, line (the header is line 1) and column, and never a value of a row: messages say what was expected. Words in braces are
filled in with names, counts and expected values. The first 100 issues of each code and file are kept; \`issueCounts\` counts all.
`
