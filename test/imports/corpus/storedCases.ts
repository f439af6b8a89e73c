import { refused, taken, type CorpusCase, type Row } from './corpusCase'
import { rosterFor } from './rosters'
import { storedRoster } from './storedRoster'

/** Section 5: packages against what is stored (storedRoster.ts, of the source `stored`). */
const made = (name: string, rest: Omit<CorpusCase, 'name' | 'clause' | 'generation'>): CorpusCase => ({
  ...{ name, clause: '5', generation: 'base-1.2.1' },
  ...rest,
})
const asDelta = (row: Row, status = 'active'): Row => ({ ...row, status, dateLastModified: '2026-05-01T00:00:00.000Z' })
const stored = (file: string, index: number, status?: string) => asDelta(storedRoster()[file]![index]!, status)
const delta = (...files: string[]) => Object.fromEntries(files.map((file) => [file, 'delta']))
const sender = { options: { source: 'stored' } }

const newUser = asDelta({
  ...{ sourcedId: 'n', enabledUser: 'true', username: 'n', givenName: 'Given', familyName: 'Family' },
})
const newEnrollment = asDelta({
  ...{
    sourcedId: 'n',
    classSourcedId: 'stored-k',
    schoolSourcedId: 'stored-s',
    userSourcedId: 'stored-u',
    role: 'student',
  },
})

export const storedCases = (): CorpusCase[] => [
  made('delta: a reference to what is stored', {
    files: { 'enrollments.csv': [newEnrollment] },
    ...{ modes: delta('enrollments.csv'), ...sender, expected: taken() },
  }),
  made('delta: a reference to nothing', {
    files: { 'enrollments.csv': [{ ...newEnrollment, userSourcedId: 'nobody' }] },
    modes: delta('enrollments.csv'),
    expected: refused('reference.notFound enrollments.csv userSourcedId'),
  }),
  made('delta: an organisation stored as no school', {
    files: { 'enrollments.csv': [{ ...newEnrollment, schoolSourcedId: 'stored-d' }] },
    modes: delta('enrollments.csv'),
    expected: refused('reference.notSchool enrollments.csv schoolSourcedId'),
  }),
  made('delta: a second primary role besides the stored one', {
    files: { 'roles.csv': [{ ...stored('roles.csv', 1), sourcedId: 'n' }] },
    modes: delta('roles.csv'),
    expected: refused('reference.primaryRoleTwice roles.csv roleType'),
  }),
  made('delta: a second primary teacher besides the stored one', {
    files: { 'enrollments.csv': [{ ...newEnrollment, role: 'teacher', primary: 'true' }] },
    modes: delta('enrollments.csv'),
    expected: taken('reference.primaryTeacherTwice enrollments.csv primary'),
  }),
  made('delta: a student whom others still name is removed', {
    files: { 'users.csv': [stored('users.csv', 1, 'tobedeleted')] },
    ...{ modes: delta('users.csv'), ...sender, expected: taken('reference.stillUsed users.csv sourcedId') },
  }),
  made('delta: a student is removed with all that names them', {
    files: {
      'users.csv': [stored('users.csv', 1, 'tobedeleted')],
      'roles.csv': [stored('roles.csv', 1, 'tobedeleted')],
      'enrollments.csv': [stored('enrollments.csv', 1, 'tobedeleted')],
    },
    ...{ modes: delta('users.csv', 'roles.csv', 'enrollments.csv'), ...sender, expected: taken() },
  }),
  made('delta: what nothing names is removed', {
    files: { 'enrollments.csv': [stored('enrollments.csv', 1, 'tobedeleted')] },
    ...{ modes: delta('enrollments.csv'), ...sender, expected: taken() },
  }),
  made('delta: what was never there is removed', {
    files: { 'orgs.csv': [asDelta({ sourcedId: 'never', name: 'Never', type: 'school' }, 'tobedeleted')] },
    ...{ modes: delta('orgs.csv'), expected: taken() },
  }),
  made('delta: a row refers to what the delta removes', {
    files: {
      'users.csv': [stored('users.csv', 1, 'tobedeleted'), { ...newUser, agentSourcedIds: 'stored-u' }],
      'roles.csv': [stored('roles.csv', 1, 'tobedeleted')],
      'enrollments.csv': [stored('enrollments.csv', 1, 'tobedeleted')],
    },
    ...{ modes: delta('users.csv', 'roles.csv', 'enrollments.csv'), ...sender },
    expected: refused('reference.notFound users.csv agentSourcedIds'),
  }),
  made('delta: a record of another source', {
    files: { 'orgs.csv': [stored('orgs.csv', 1)] },
    ...{ modes: delta('orgs.csv'), expected: refused('row.otherSource orgs.csv sourcedId') },
  }),
  made('bulk: references to stored records of files that are absent', {
    files: {
      'courses.csv': [{ sourcedId: 'n', title: 'Course', orgSourcedId: 'stored-s', schoolYearSourcedId: 'stored-y' }],
    },
    expected: taken('manifest.fileExpected orgs.csv'),
  }),
  made('bulk: files that others need are absent', {
    files: { 'enrollments.csv': [{ ...newEnrollment, status: '', dateLastModified: '' }] },
    expected: taken(
      'manifest.fileExpected classes.csv',
      'manifest.fileExpected orgs.csv',
      'manifest.fileExpected users.csv',
    ),
  }),
  made('bulk: a student is left out whom others still name', {
    files: { 'users.csv': [storedRoster()['users.csv']![0]!], 'roles.csv': [storedRoster()['roles.csv']![0]!] },
    ...sender,
    expected: taken('manifest.fileExpected orgs.csv', 'reference.stillUsed users.csv sourcedId'),
  }),
  made('bulk: what the sender had sent, once more', { files: storedRoster(), ...sender, expected: taken() }),
  made('mixed: orgs in bulk, users in delta', {
    files: { 'orgs.csv': rosterFor('base-1.2.1')['orgs.csv']!, 'users.csv': [newUser] },
    ...{ modes: delta('users.csv'), expected: taken() },
  }),
  made('mixed: the rows of a delta file have no status', {
    files: {
      'orgs.csv': rosterFor('base-1.2.1')['orgs.csv']!,
      'users.csv': [{ ...newUser, status: '', dateLastModified: '' }],
    },
    modes: delta('users.csv'),
    expected: refused('row.requiredInDelta users.csv status', 'row.requiredInDelta users.csv dateLastModified'),
  }),
]
