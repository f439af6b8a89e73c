/**
 * The text of a page passes between our processes behind the JSON of an answer instead of in it. Escaped, parsed and encoded anew at each hop,
 * a page of 10 MB cost more than reading it from the database did.
 */

/** The bytes of a UTF-8 text that came so. It is a string as soon as somebody treats it as one, JSON.stringify too. */
export class PassedText {
  readonly bytes: Buffer
  constructor(bytes: Buffer) {
    this.bytes = bytes
  }
  toString(): string {
    return this.bytes.toString('utf8')
  }
  toJSON(): string {
    return this.toString()
  }
}

/**
 * In a request: the sender takes texts behind the JSON. In an answer: where in it the text belongs, and of how many bytes the JSON is,
 * `data.users.rendered 87`; the rest of the body is the text.
 */
export const passedTextHeader = 'x-rosterhub-text'
export const takesPassedText = 'taken'

export interface SplitAnswer {
  readonly json: Buffer
  /** Undefined when nothing in the answer is long. */
  readonly passed?: { readonly header: string; readonly text: Buffer }
}

/** Below, a second piece costs more than escaping. */
const longText = 1_000
/** Names of the graph. Keys of metadata may be anything, dots and letters that no header takes among them. */
const graphName = /^(?!__)\w{1,100}$/
/** Queries nest and name as they like; a header may not. */
const mostNames = 10

/** Takes the first long text that stands outside of lists, under names of the graph, out of an answer. */
export function splitAnswer(answer: object): SplitAnswer {
  const found = longTextIn(answer, [])
  if (!found) return { json: Buffer.from(JSON.stringify(answer)) }
  const [path, text] = found
  const json = Buffer.from(JSON.stringify(without(answer, path)))
  const bytes = typeof text === 'string' ? Buffer.from(text) : text.bytes
  return { json, passed: { header: `${path.join('.')} ${json.length}`, text: bytes } }
}

/** The answer of a body with this header. Throws an Error when it is none. */
export function joinAnswer(body: Buffer, header: string | string[] | undefined): unknown {
  if (typeof header !== 'string') return JSON.parse(body.toString('utf8'))
  const [path = '', length] = header.split(' ')
  const answer = JSON.parse(body.toString('utf8', 0, Number(length))) as Members
  const names = path.split('.')
  const last = names.pop()!
  const holder = names.reduce<unknown>((at, name) => own(at, name), answer)
  own(holder, last)
  ;(holder as Members)[last] = new PassedText(body.subarray(Number(length)))
  return answer
}

type Members = Record<string, unknown>

function longTextIn(value: object, path: readonly string[]): [readonly string[], string | PassedText] | undefined {
  if (path.length === mostNames) return undefined
  for (const [name, member] of Object.entries(value) as [string, unknown][]) {
    if (!graphName.test(name)) continue
    const here = [...path, name]
    if (member instanceof PassedText || (typeof member === 'string' && member.length >= longText)) return [here, member]
    if (typeof member !== 'object' || member === null || Array.isArray(member)) continue
    const found = longTextIn(member, here)
    if (found) return found
  }
  return undefined
}

function without(value: object, [name, ...rest]: readonly string[]): object {
  const members = value as Members
  return { ...members, [name!]: rest.length ? without(members[name!] as object, rest) : '' }
}

function own(value: unknown, name: string): unknown {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, name)) return (value as Members)[name]
  throw new Error(`an answer whose text belongs to ${name} has no such member`)
}
