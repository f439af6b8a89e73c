import { refused, taken, type CorpusCase, type Files, type Row } from './corpusCase'
import { columns, type japaneseGenerations, type Generation, type RosterFileName } from './facts'
import { id, rosterFor, rosterWith } from './rosters'

type Made = (file: RosterFileName, row: Row, expected: CorpusCase['expected']) => CorpusCase

/** What the Japan profiles ask of cells beyond the base standard (Japan profile sections 4 to 6). */
export function japanCases(generation: (typeof japaneseGenerations)[number]): CorpusCase[] {
  const made =
    (clause: string): Made =>
    (file, row, expected) => ({
      name: `${file} ${Object.entries(row)
        .map(([column, value]) => `${column} = ${value || '(empty)'}`)
        .join(', ')}`,
      ...{ clause: `J ${clause}`, generation, expected, files: rosterWith(generation, file, row) },
    })
  return [
    { name: 'a clean roster', clause: 'J 1', generation, expected: taken(), files: rosterFor(generation) },
    ...identifiers(generation, made('4')),
    ...orgs(generation, made('4.1'), made('5.3')),
    ...sessionsAndCourses(made('5.2'), made('5.6')),
    ...classes(generation, made('5.7')),
    ...users(generation, made('5.4')),
    ...roles(generation, made('5.5')),
    ...enrollments(generation, made('5.8')),
    made('5.9')('demographics.csv', { sex: 'ext:own' }, refused('row.profileToken demographics.csv sex')),
    ...['male', 'female', 'unspecified', 'other'].map((sex) => made('5.9')('demographics.csv', { sex }, taken())),
  ]
}

/** Section 4: UUIDs everywhere, of any version; userMasterIdentifier of version 4, unique. */
function identifiers(generation: Generation, made: Made): CorpusCase[] {
  const version1 = '5eed0000-0000-1000-8000-0000000000ff'
  const upper = '5EED0000-0000-4000-8000-0000000000FF'
  const uuids = columns.filter(
    ({ column, type, file }) => /^guid/.test(type) && (column !== 'sourcedId' || file !== 'demographics.csv'),
  )
  const master = (value: string) => made('users.csv', { userMasterIdentifier: value }, taken())
  const notVersion4 = refused('row.uuidVersion4 users.csv userMasterIdentifier')
  return [
    ...uuids.map(({ file, column }) => made(file, { [column]: 'word-1' }, refused(`row.uuid ${file} ${column}`))),
    made('courses.csv', { sourcedId: version1 }, taken()),
    made('courses.csv', { sourcedId: upper }, taken()),
    made('courses.csv', { sourcedId: '5eed000000004000800000000000000f' }, refused('row.uuid courses.csv sourcedId')),
    {
      ...master(id(generation, 'mu')),
      expected: refused('reference.masterIdentifierTwice users.csv userMasterIdentifier'),
    },
    {
      ...master(id(generation, 'mu').toUpperCase()),
      expected: refused('reference.masterIdentifierTwice users.csv userMasterIdentifier'),
    },
    { ...master(version1), expected: notVersion4 },
    { ...master('12345'), expected: notVersion4 },
  ]
}

/** Section 4.1: 学校コード and its check digit; 教育委員会コード. Section 5.3: districts and schools. */
function orgs(generation: Generation, codes: Made, made: Made): CorpusCase[] {
  const school = (identifier: string, expected: CorpusCase['expected']) =>
    codes('orgs.csv', { type: 'school', identifier }, expected)
  const district = (identifier: string, expected: CorpusCase['expected']) =>
    codes('orgs.csv', { type: 'district', identifier, parentSourcedId: '' }, expected)
  const noSchoolCode = refused('row.schoolCode orgs.csv identifier')
  const noBoardCode = refused('row.boardCode orgs.csv identifier')
  return [
    ...['B127210000018', ''].map((code) => school(code, taken())),
    school('B127210000019', taken('row.schoolCodeCheckDigit orgs.csv identifier')),
    ...[
      'I127210000018',
      'B327210000018',
      'B100210000018',
      'B148210000018',
      'B127410000018',
      'B12721000001',
      '132012',
      'b127210000018',
    ].map((code) => school(code, noSchoolCode)),
    ...['132012', '011002', '472018', ''].map((code) => district(code, taken())),
    ...['482018', '002018', '13201', '1320123', 'B127210000018', '１３２０１２'].map((code) =>
      district(code, noBoardCode),
    ),
    ...['department', 'national', 'state', 'local', 'ext:own'].map((type) =>
      made('orgs.csv', { type }, taken('row.unusualToken orgs.csv type')),
    ),
    made('orgs.csv', { type: 'district' }, refused('row.districtParent orgs.csv parentSourcedId')),
    made('orgs.csv', { type: 'district', parentSourcedId: 'NULL' }, taken()),
    made('orgs.csv', { parentSourcedId: '' }, taken()),
    made('orgs.csv', { parentSourcedId: id(generation, 's') }, taken('reference.notDistrict orgs.csv parentSourcedId')),
    ...words(made, 'orgs.csv', 'name'),
  ]
}

/** Section 2: no half-width katakana; nothing outside JIS X 0213. */
function words(made: Made, file: RosterFileName, column: string, prefix = ''): CorpusCase[] {
  return [
    made(file, { [column]: `${prefix}ﾐﾗｲ` }, refused(`row.halfWidthKana ${file} ${column}`)),
    made(file, { [column]: `${prefix}髙𠮷` }, taken(`row.characterSet ${file} ${column}`)),
    made(file, { [column]: `${prefix}ミライ①Ａ` }, taken()),
  ]
}

/** Section 5.2: one school year from April to March. Section 5.6: titles begin with it, courseCode is empty. */
function sessionsAndCourses(made: Made, courses: Made): CorpusCase[] {
  const file = 'academicSessions.csv'
  const title = (value: string) => made(file, { title: value }, refused(`row.schoolYearTitle ${file} title`))
  const course = (row: Row, expected: CorpusCase['expected']) => courses('courses.csv', row, expected)
  return [
    ...['2026', '令和8年度', '２０２６年度', '2026年度前期', '年度2026'].map(title),
    made(file, { title: '2025年度' }, taken()),
    ...['term', 'semester', 'gradingPeriod', 'ext:half'].map((type) =>
      made(file, { type }, refused(`row.profileToken ${file} type`)),
    ),
    made(file, { startDate: '2026-04-02' }, taken(`row.schoolYearDay ${file} startDate`)),
    made(file, { endDate: '2027-03-30' }, taken(`row.schoolYearDay ${file} endDate`)),
    made(file, { endDate: '2028-03-31' }, taken(`row.schoolYearDay ${file} endDate`)),
    made(file, { schoolYear: '2027' }, taken(`row.schoolYear ${file} schoolYear`)),
    made(file, { parentSourcedId: 'NULL' }, taken()),
    course({ title: '国語' }, refused('row.schoolYearTitle courses.csv title')),
    course({ title: '２０２６年度国語' }, refused('row.schoolYearTitle courses.csv title')),
    course({ title: '2024年度ホームルーム' }, taken()),
    course({ courseCode: 'KOKUGO' }, refused('row.mustBeEmpty courses.csv courseCode')),
    course({ schoolYearSourcedId: '' }, taken()),
    course({ grades: 'X9' }, taken('row.gradeCode courses.csv grades')),
    ...['P1', 'P6', 'J3', 'H1', 'E1', 'P1,P2'].map((grades) => course({ grades }, taken())),
    ...['P010', 'P100', 'J090', 'P010,J010'].map((subjectCodes) => course({ subjectCodes }, taken())),
    ...['P110', 'J100', 'P000', 'P011'].map((subjectCodes) =>
      course({ subjectCodes }, taken('row.subjectCode courses.csv subjectCodes')),
    ),
    ...words(courses, 'courses.csv', 'title', '2026年度'),
  ]
}

function classes(generation: Generation, made: Made): CorpusCase[] {
  const one = (row: Row, expected: CorpusCase['expected']) => made('classes.csv', row, expected)
  return [
    one({ classType: 'ext:club' }, refused('row.profileToken classes.csv classType')),
    ...['homeroom', 'scheduled'].map((classType) => one({ classType }, taken())),
    one({ grades: 'P7' }, taken('row.gradeCode classes.csv grades')),
    one({ grades: 'P1,P2' }, taken()),
    one({ subjectCodes: 'X' }, taken('row.subjectCode classes.csv subjectCodes')),
    ...['true', 'false', ''].map((value) => one({ 'metadata.jp.specialNeeds': value }, taken())),
    one({ 'metadata.jp.specialNeeds': 'yes' }, refused('row.boolean classes.csv metadata.jp.specialNeeds')),
    one({ 'metadata.jp.specialNeeds': 'True' }, taken('row.booleanCase classes.csv metadata.jp.specialNeeds')),
    one({ schoolSourcedId: id(generation, 'd') }, refused('reference.notSchool classes.csv schoolSourcedId')),
    ...words(made, 'classes.csv', 'title'),
    ...words(made, 'classes.csv', 'location'),
  ]
}

/** Section 5.4 and 5.1. */
function users(generation: Generation, made: Made): CorpusCase[] {
  const one = (row: Row, expected: CorpusCase['expected']) => made('users.csv', row, expected)
  const required = ['userMasterIdentifier', 'preferredGivenName', 'preferredFamilyName', ...kana('Given', 'Family')]
  const names = [
    'givenName',
    'familyName',
    'middleName',
    'preferredGivenName',
    'preferredMiddleName',
    'preferredFamilyName',
  ]
  const preferred = generation === 'jp-2nd-edition' ? [] : kana('PreferredFamily', 'PreferredGiven', 'PreferredMiddle')
  const allKana = [...kana('Given', 'Family', 'Middle'), ...preferred]
  const homeClass = 'metadata.jp.homeClass'
  const isSecond = generation === 'jp-2nd-edition'
  return [
    ...required.map((column) => one({ [column]: '' }, refused(`row.required users.csv ${column}`))),
    ...names.flatMap((column) => words(made, 'users.csv', column).slice(0, 2)),
    ...allKana.flatMap((column) => [
      one(
        { [column]: 'ﾀﾛｳ' },
        { errors: [`row.halfWidthKana users.csv ${column}`], warnings: [`row.katakana users.csv ${column}`] },
      ),
      one({ [column]: 'たろう' }, taken(`row.katakana users.csv ${column}`)),
      one({ [column]: 'ジョン・スミス　ジュニア' }, taken()),
    ]),
    ...['True', 'TRUE'].map((value) => one({ enabledUser: value }, taken('row.booleanCase users.csv enabledUser'))),
    one({ enabledUser: 'false' }, taken('row.unusualToken users.csv enabledUser')),
    one({ enabledUser: '1' }, refused('row.boolean users.csv enabledUser')),
    one({ grades: 'P7' }, taken('row.gradeCode users.csv grades')),
    one({ grades: '' }, taken(...(isSecond ? [] : ['reference.studentCell users.csv grades']))),
    one({ [homeClass]: '' }, taken(...(isSecond ? [`reference.studentCell users.csv ${homeClass}`] : []))),
    one({ [homeClass]: id(generation, 'zz') }, refused(`reference.notFound users.csv ${homeClass}`)),
    one({ [homeClass]: '1年1組' }, refused(`row.guid users.csv ${homeClass}`)),
    one({ userIds: '{Koumu:1},{MS:a@example.jp}' }, taken()),
    ...(isSecond
      ? [one({ resourceSourcedIds: 'r' }, taken('row.resourcesNotTaken users.csv resourceSourcedIds'))]
      : []),
  ]
}
const kana = (...names: string[]) => names.map((name) => `metadata.jp.kana${name}Name`)

/** Section 5.5: who may be primary, which roles are used, and that everybody has a primary one. */
function roles(generation: Generation, made: Made): CorpusCase[] {
  const one = (row: Row, expected: CorpusCase['expected']) => made('roles.csv', row, expected)
  const leaders = ['principal', 'siteAdministrator', 'districtAdministrator']
  const secondary = rosterFor(generation)
  secondary['roles.csv']![1]!['roleType'] = 'secondary'
  const without: Files = { ...rosterFor(generation), 'roles.csv': rosterFor(generation)['roles.csv']!.slice(0, 1) }
  const nobody = refused('reference.primaryRoleMissing users.csv sourcedId')
  const changed = (row: Row): Files => {
    const files = rosterFor(generation)
    Object.assign(files['users.csv']![1]!, { primaryOrgSourcedId: id(generation, 's') })
    Object.assign(files['roles.csv']![1]!, row)
    return files
  }
  const onlyRole = (name: string, row: Row, ...errors: string[]) => ({
    ...{ name: `the only role of a user: ${name}`, clause: 'J 5.5', generation, files: changed(row) },
    expected: refused(...errors),
  })
  return [
    ...leaders.map((role) => one({ role }, refused('row.primaryRole roles.csv roleType'))),
    ...leaders.map((role) => one({ role, roleType: 'secondary' }, taken())),
    ...['student', 'teacher', 'guardian', 'systemAdministrator', 'proctor'].map((role) => one({ role }, taken())),
    ...['parent', 'relative', 'aide', 'counselor', 'ext:own'].map((role) =>
      one({ role }, taken('row.unusualToken roles.csv role')),
    ),
    { name: 'a user with a secondary role alone', clause: 'J 5.5', generation, files: secondary, expected: nobody },
    { name: 'a user without a role', clause: 'J 5.5', generation, files: without, expected: nobody },
    // The row of the user is right, and the one that is not is told.
    onlyRole('a day that is none', { beginDate: '2026-02-30' }, 'row.date roles.csv beginDate'),
    onlyRole('no type', { roleType: '' }, 'row.required roles.csv roleType'),
    onlyRole('a sourcedId that is none', { sourcedId: 'ro le' }, 'row.guid roles.csv sourcedId'),
    onlyRole('no role', { role: '' }, 'row.required roles.csv role'),
  ]
}

function enrollments(generation: Generation, made: Made): CorpusCase[] {
  const one = (row: Row, expected: CorpusCase['expected']) => made('enrollments.csv', row, expected)
  const [number, flag] =
    generation === 'jp-k12-1.0'
      ? ['metadata.jp.shussekiNo', 'metadata.jp.publicFlg']
      : ['metadata.jp.ShussekiNo', 'metadata.jp.PublicFlg']
  return [
    one({ primary: '' }, refused('row.required enrollments.csv primary')),
    one({ primary: 'true' }, refused('row.studentPrimary enrollments.csv primary')),
    one({ primary: 'False' }, taken('row.booleanCase enrollments.csv primary')),
    ...['administrator', 'proctor', 'teacher', 'guardian'].map((role) => one({ role }, taken())),
    one({ role: 'parent' }, refused('row.token enrollments.csv role')),
    ...['1', '40', ''].map((value) => one({ [number!]: value }, taken())),
    ...['一', '1.5', 'a'].map((value) => one({ [number!]: value }, refused(`row.integer enrollments.csv ${number}`))),
    ...['true', 'false', ''].map((value) => one({ [flag!]: value }, taken())),
    one({ [flag!]: '2' }, refused(`row.boolean enrollments.csv ${flag}`)),
    one({ schoolSourcedId: id(generation, 'd') }, refused('reference.notSchool enrollments.csv schoolSourcedId')),
  ]
}
