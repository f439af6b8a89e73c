import { basePath } from '../oneroster/endpoints'
import { headerOf, openConnection, requestBytes, type Answer } from './connection'
import type { TargetName } from './readTargets'
import type { Roster } from './roster'

/** One question, put to the floor and to the hub in their own words. */
export interface ReadPath {
  readonly name: string
  readonly what: string
  /** How often it is asked in a round. */
  readonly samples: number
  /** The bytes to send, used in turns; a target without any is not asked. */
  readonly requests: Partial<Record<TargetName, readonly Buffer[]>>
  /** Rows that the answer must hold. */
  readonly rows: number
  /** X-Total-Count that the hub must answer; undefined: GraphQL, which was not asked for it. */
  readonly total: number | undefined
  /** Another path whose median of the same target takes the place of the floor. */
  readonly comparedWith?: string
  /** How many connections ask it at once, too; 0: none. Large answers come by fewer, which fill the machine as well. */
  readonly load: number
}

/** All that is asked, over a roster that was looked at before. */
export function readPaths(
  roster: Roster,
  tokens: Readonly<Record<'oneMachine' | 'services', string>>,
  deep: string,
): ReadPath[] {
  const headers = (target: 'oneMachine' | 'services') => ({ Authorization: `Bearer ${tokens[target]}` })
  const paths = (floor: readonly string[], hub: readonly string[]): ReadPath['requests'] => ({
    floor: floor.map((path) => requestBytes(path)),
    oneMachine: hub.map((path) => requestBytes(basePath + path, headers('oneMachine'))),
    services: hub.map((path) => requestBytes(basePath + path, headers('services'))),
  })
  const graph = (target: 'oneMachine' | 'services') => [requestBytes('/graphql', headers(target), typedPage)]
  const total = roster.users
  const largest = Math.min(10_000, total)
  const changed = encodeURIComponent(`dateLastModified>'${roster.changedAfter}'`)
  return [
    {
      ...{ name: 'page100', what: 'page of 100 users', samples: 20, rows: 100, total, load: 32 },
      requests: paths(['/page?limit=100'], ['/users?limit=100']),
    },
    {
      ...{ name: 'page10000', what: `page of ${largest} users`, samples: 2, rows: largest, total, load: 8 },
      requests: paths(['/page?limit=10000'], ['/users?limit=10000']),
    },
    {
      ...{ name: 'one', what: 'one user', samples: 40, rows: 1, total: 1, load: 32 },
      requests: paths(
        roster.someIds.map((id) => `/one/${id}`),
        roster.someIds.map((id) => `/users/${id}`),
      ),
    },
    {
      ...{ name: 'classStudents', what: `students of a class (${roster.classSize})`, samples: 20, load: 32 },
      ...{ rows: roster.classSize, total: roster.classSize },
      requests: paths([`/students/${roster.classId}`], [`/classes/${roster.classId}/students`]),
    },
    {
      ...{ name: 'changed50', what: '50 users changed since', samples: 20, rows: 50, total: 50, load: 32 },
      requests: paths([`/changed/${encodeURIComponent(roster.changedAfter)}`], [`/users?filter=${changed}`]),
    },
    {
      ...{ name: 'deep100', what: `page of 100 at depth ${roster.depth} by next`, samples: 20, rows: 100, total },
      requests: paths(
        [`/page?limit=100&after=${encodeURIComponent(roster.idAtDepth)}`],
        [`/users?limit=100&offset=${roster.depth}&after=${encodeURIComponent(deep)}`],
      ),
      ...{ comparedWith: 'page100', load: 0 },
    },
    {
      ...{
        name: 'typed10000',
        what: `page of ${largest} users, typed GraphQL`,
        samples: 1,
        rows: largest,
        total: undefined,
      },
      requests: {
        floor: [requestBytes('/page?limit=10000')],
        oneMachine: graph('oneMachine'),
        services: graph('services'),
      },
      load: 0,
    },
  ]
}

/** The columns of the floor, as a dashboard would ask for them. */
const typedPage = JSON.stringify({
  query: `query users { users(limit: 10000) { items { sourcedId status dateLastModified enabledUser username
    userIds { type identifier } givenName familyName middleName identifier email sms phone agents { sourcedId } grades
    userMasterIdentifier preferredFirstName preferredMiddleName preferredLastName primaryOrg { sourcedId } pronouns metadata } next } }`,
})

/** Throws unless the answer holds what was asked for: a fast answer must be the right one. */
export function checkAnswer(path: ReadPath, target: TargetName, answer: Answer): void {
  const place = `${path.what} of ${target}`
  if (answer.status !== 200)
    throw new Error(`${place}: status ${answer.status}: ${answer.body().toString().slice(0, 300)}`)
  const rows = rowsIn(JSON.parse(answer.body().toString()), target)
  if (rows.length !== path.rows) throw new Error(`${place}: ${rows.length} rows instead of ${path.rows}`)
  const complete = rows.every((row) => row.sourcedId && row.givenName && row.dateLastModified)
  if (!complete) throw new Error(`${place}: rows without their fields`)
  if (target === 'floor' || path.total === undefined) return
  const total = Number(headerOf(answer, 'X-Total-Count'))
  if (total !== path.total) throw new Error(`${place}: X-Total-Count ${total} instead of ${path.total}`)
}

type Row = Record<'sourcedId' | 'givenName' | 'dateLastModified', unknown>

function rowsIn(body: unknown, target: TargetName): Row[] {
  const { users, user, data } = body as { users?: Row[]; user?: Row; data?: { users: { items: Row[] } } }
  return target === 'floor' ? [body as Row | Row[]].flat() : (data?.users.items ?? users ?? [user!])
}

/** Follows the `next` links to the depth; answers the position that the last one carries. */
export async function positionAtDepth(port: number, token: string, { depth, step }: Roster): Promise<string> {
  const connection = await openConnection(port)
  let search = `?limit=${step}`
  try {
    for (let read = 0; read < depth; read += step) {
      const answer = await connection.send(
        requestBytes(`${basePath}/users${search}`, { Authorization: `Bearer ${token}` }),
      )
      search = new URL(nextLink(answer)!).search
    }
    return new URLSearchParams(search).get('after') ?? ''
  } finally {
    connection.close()
  }
}

export function nextLink(answer: Answer): string | undefined {
  return /<([^>]*)>; *rel="next"/.exec(headerOf(answer, 'Link') ?? '')?.[1]
}
