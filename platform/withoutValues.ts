/**
 * What graphql-js says of a query, without the values that it quotes: they may be personal, and messages end in logs and error trackers. Names of
 * fields, types and variables stay, being the query's own words.
 */
export function withoutValues(message: string): string {
  return rules.reduce((text, [pattern, kept]) => text.replace(pattern, kept), message)
}

/** The words of graphql-js 16: validation of literals, coercion of variables, the parser's tokens. */
const rules: readonly (readonly [RegExp, string])[] = [
  [/( got invalid value) .*$/s, '$1'],
  [/( cannot represent [\w -]*value): .*$/s, '$1'],
  [/^(Expected value of type "[^"]*"), found .*$/s, '$1'],
  [/^Value ".*" does not exist in/s, 'The value does not exist in'],
  [/^(Syntax Error: .*?(?:Int|Float|String|BlockString)) ".*$/s, '$1'],
  [/^(Syntax Error: (?:Invalid|Unexpected|Unterminated) [^":]*): .*$/s, '$1'],
]
