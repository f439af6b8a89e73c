import { createImportHub, zipOf, type ImportHub, type ImportedJob } from './support'

/** The order of the report has tests of its own (report.test.ts). */
const sorted = (issues: readonly unknown[]) => issues.map((issue) => JSON.stringify(issue)).sort()
const csv = (...lines: string[]) => lines.join('\r\n') + '\r\n'

/** A small district as a sender of OneRoster 1.1 writes it. */
export function files11(): Record<string, string> {
  return {
    'orgs.csv': csv(
      'sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId',
      'board,,,Mirai Board,district,,',
      'north,,,North School,school,,board',
      'south,,,South School,school,,board',
    ),
    'academicSessions.csv': csv(
      'sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear',
      'year,,,2026,schoolYear,2026-04-01,2027-03-31,,2027',
    ),
    'courses.csv': csv(
      'sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes',
      'course,,,year,Japanese,J,,north,,',
    ),
    'classes.csv': csv(
      'sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods',
      'class,,,Japanese 1,,course,,scheduled,,north,year,,,',
    ),
    'users.csv': csv(
      users11,
      'head,,,true,"board,north",administrator,head,,Given,Name,,,,,,,,',
      'teacher,,,true,"board,south,north",teacher,teacher,{LDAP:t},Given,Name,,,,,,,,',
      'student,,,true,north,student,student,,Given,Name,,,,,,parent,"1,2",',
      'parent,,,true,north,parent,parent,,Given,Name,,,,,,student,,',
    ),
    'enrollments.csv': csv(
      'sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate',
      'e1,,,class,north,student,student,false,,',
      'e2,,,class,north,parent,parent,,,',
    ),
  }
}
const users11 =
  'sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password'

const names11 = 'academicSessions categories classes classResources courses courseResources demographics'.split(' ')
const rest11 = 'enrollments lineItems orgs resources results users'.split(' ')

interface Options11 {
  mode?: string
  version?: string
  short?: boolean
  blanks?: boolean
}
function package11(files: Record<string, string>, options: Options11 = {}) {
  const { mode = 'bulk', version = '1.1', short = false, blanks = false } = options
  const listed = [...names11, ...rest11].filter((name) => !short || `${name}.csv` in files)
  const manifest = csv(
    'propertyName,value',
    'manifest.version,1.0',
    `oneroster.version,${version}`,
    ...listed.map((name) => `file.${name},${`${name}.csv` in files ? mode : 'absent'}`),
  )
  return zipOf({ 'manifest.csv': blanks ? `${manifest.replace('\r\n', '\r\n\r\n')}\r\n` : manifest, ...files })
}

describe('a package of OneRoster 1.1', () => {
  let hub: ImportHub
  beforeEach(async () => {
    hub = await createImportHub({ IMPORT_REMOVAL_LIMIT: '1' }, { worker: true })
  })
  afterEach(() => hub?.close())
  const rows = async (sql: string) => (await hub.owner.query(sql)).rows
  const roles = () =>
    rows(`select user_sourced_id || ' ' || org_sourced_id || ' ' || role as role from roles
          where status = 'active' order by 1`).then((found) => found.map(({ role }) => role))
  /** What was found, but for what an import says of records that it leaves behind. */
  const codes = (job: ImportedJob) =>
    job.issues.items
      .filter(({ code }) => code !== 'reference.stillUsed')
      .map(({ code, file, line, column }) => [code, file, line, column])
  const allRoles = [
    'head board districtAdministrator',
    'head north siteAdministrator',
    'parent north parent',
    'student north student',
    'teacher board teacher',
    'teacher north teacher',
    'teacher south teacher',
  ]

  test('becomes a roster of 1.2: a primary role for each organisation, a primary organisation, extensions of roles', async () => {
    const job = await hub.run(await package11(files11()))
    expect(job).toMatchObject({ state: 'COMPLETED', profile: 'ONEROSTER_1_1' })
    expect(codes(job)).toEqual([['package.oneRoster11', null, null, null]])
    expect(job.files.filter(({ file }) => file === 'users.csv')).toMatchObject([
      { read: 4, created: 4 },
      { read: 7, created: 7 },
    ])
    expect(await roles()).toEqual(allRoles)
    expect(await rows(`select distinct role_type, begin_date, user_profile_sourced_id from roles`)).toEqual([
      { role_type: 'primary', begin_date: null, user_profile_sourced_id: null },
    ])
    expect(await rows('select sourced_id, primary_org_sourced_id, metadata from users order by 1')).toEqual([
      { sourced_id: 'head', primary_org_sourced_id: 'north', metadata: { or11Role: 'administrator' } },
      { sourced_id: 'parent', primary_org_sourced_id: 'north', metadata: null },
      { sourced_id: 'student', primary_org_sourced_id: 'north', metadata: null },
      { sourced_id: 'teacher', primary_org_sourced_id: 'south', metadata: null },
    ])
    expect(await rows('select sourced_id, role from enrollments order by 1')).toEqual([
      { sourced_id: 'e1', role: 'student' },
      { sourced_id: 'e2', role: 'ext:parent' },
    ])
    const [user] = await rows(
      `select replace(document, e'\\x01', '')::jsonb as json from users where sourced_id = 'teacher'`,
    )
    expect(user.json.roles).toHaveLength(3)
  })

  test('again changes nothing: the ids of roles are the same in every import, and in every hub', async () => {
    await hub.run(await package11(files11()))
    const before = await rows(
      'select sourced_id, xmin::text from roles union all select sourced_id, xmin::text from users',
    )
    const job = await hub.run(await package11(files11()), { force: true })
    for (const file of job.files) expect(file).toMatchObject({ unchanged: file.read, updated: 0, removed: 0 })
    expect(
      await rows('select sourced_id, xmin::text from roles union all select sourced_id, xmin::text from users'),
    ).toEqual(before)
    const [role] = await rows(`select sourced_id from roles where user_sourced_id = 'student'`)
    expect(role.sourced_id).toBe('46587bdf-842a-52ea-aeed-f05fd2079d44')
  })

  test('in bulk takes away roles that users.csv no longer implies, and those of users it no longer has', async () => {
    await hub.run(await package11(files11()))
    const files = files11()
    files['users.csv'] = files['users.csv']!.replace('"board,south,north"', 'north').replace(/^parent.*\r\n/m, '')
    files['users.csv'] = files['users.csv']!.replace('student,,,true,north,student', 'student,,,true,north,aide')
    files['users.csv'] = files['users.csv']!.replace(',,,,,parent,', ',,,,,,')
    delete files['enrollments.csv']
    const job = await hub.run(await package11(files))
    expect(codes(job)).toEqual([['package.oneRoster11', null, null, null]])
    expect(await roles()).toEqual([
      'head board districtAdministrator',
      'head north siteAdministrator',
      'student north aide',
      'teacher north teacher',
    ])
    expect(job.files.at(-1)).toMatchObject({ read: 4, created: 1, removed: 4, unchanged: 3 })
  })

  test('as a delta speaks of all roles of the users in it, and of nobody else’s', async () => {
    await hub.run(await package11(files11()))
    const users = csv(
      users11,
      'teacher,active,2026-05-01T00:00:00.000Z,true,north,administrator,teacher,,Given,Name,,,,,,,,',
      'parent,inactive,2026-05-01 08:01:05,true,north,parent,parent,,Given,Name,,,,,,,,',
    )
    const job = await hub.run(await package11({ 'users.csv': users }, { mode: 'delta' }))
    expect(codes(job)).toEqual([
      ['package.oneRoster11', null, null, null],
      ['row.olderWord', 'users.csv', 3, 'status'],
      ['row.olderDateTime', 'users.csv', 3, 'dateLastModified'],
    ])
    expect(await roles()).toEqual([
      'head board districtAdministrator',
      'head north siteAdministrator',
      'student north student',
      'teacher north siteAdministrator',
    ])
    expect(await rows(`select sourced_id from users where status = 'tobedeleted'`)).toEqual([{ sourced_id: 'parent' }])
    expect(job.files.at(-1)).toMatchObject({ created: 1, removed: 4, unchanged: 0 })
  })

  test('leaves roles alone that it did not make; a sender that has come to 1.2 replaces its own', async () => {
    await hub.run(await package11(files11()))
    const genuine =
      'sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId'
    const row = 'r1,active,2026-05-01T00:00:00.000Z,student,primary,student,,,north,'
    const delta = await hub.run(Buffer.from(csv(genuine, row)), { mode: 'delta' }, 'roles.csv')
    expect(delta).toMatchObject({ state: 'COMPLETED', issues: { total: 0 } })
    expect(await roles()).toEqual(allRoles)
    expect(await rows(`select sourced_id from roles where user_sourced_id = 'student' and status = 'active'`)).toEqual([
      { sourced_id: 'r1' },
    ])
    const files = files11()
    files['users.csv'] = files['users.csv']!.replace('true,north,student', 'true,south,student')
    expect((await hub.run(await package11(files))).state).toBe('COMPLETED')
    expect((await roles()).filter((role) => role.startsWith('student'))).toEqual([
      'student north student',
      'student south student',
    ])
    const bulk = csv(
      genuine,
      ...['head', 'teacher', 'student', 'parent'].map((id) => `r-${id},,,${id},primary,aide,,,north,`),
    )
    expect((await hub.run(Buffer.from(bulk), {}, 'roles.csv')).state).toBe('COMPLETED')
    expect(await roles()).toEqual(['head', 'parent', 'student', 'teacher'].map((id) => `${id} north aide`))
  })

  test('errors name file, line and column of the original, once', async () => {
    const files = files11()
    files['users.csv'] = csv(
      users11,
      'a,,,true,north,pilot,a,,Given,Name,,,,,,,,',
      'b,,,true,,student,b,,Given,Name,,,,,,,,',
      'c,,,true,"north,nowhere,gone",student,c,,Given,Name,,,,,,,,',
      'd,,,maybe,north,student,d,,Given,,,,,,,,,',
      'd,,,true,north,student,d,,Given,Name,,,,,,,,',
      'e e,,,true,north,student,e,,Given,Name,,,,,,,,',
      'f,,,true,north,constructor,f,,Given,Name,,,,,,,,',
      'g,,,true',
      'h,tobedeleted,,true,north,student,h,,Given,Name,,,,,,,,',
    )
    delete files['enrollments.csv']
    const job = await hub.run(await package11(files))
    expect(job.state).toBe('REJECTED')
    expect(codes(job).slice(0, -1).sort()).toEqual(
      [
        ['reference.notFound', 'users.csv', 4, 'orgSourcedIds'],
        ['row.boolean', 'users.csv', 5, 'enabledUser'],
        ['row.columnCount', 'users.csv', 9, null],
        ['row.duplicate', 'users.csv', 6, 'sourcedId'],
        ['row.guid', 'users.csv', 7, 'sourcedId'],
        ['row.notInBulk', 'users.csv', 10, 'status'],
        ['row.required', 'users.csv', 3, 'orgSourcedIds'],
        ['row.required', 'users.csv', 5, 'familyName'],
        ['row.token', 'users.csv', 2, 'role'],
        ['row.token', 'users.csv', 8, 'role'],
      ].sort(),
    )
    const message = job.issues.items.find(({ code }) => code === 'row.token')!.message
    expect(message).toContain('administrator, aide, guardian, parent, proctor, relative, student, teacher')
  })

  test('SKIP leaves out a role of an unknown organisation, and a user that has none left', async () => {
    const files = files11()
    files['users.csv'] +=
      'c,,,true,"nowhere,south",student,c,,Given,Name,,,,,,,,\r\nd,,,true,gone,student,d,,Given,Name,,,,,,,,\r\n'
    const job = await hub.run(await package11(files), { onError: 'SKIP' })
    expect(codes(job)).toEqual([
      ['reference.notFound', 'users.csv', 6, 'orgSourcedIds'],
      ['reference.notFound', 'users.csv', 7, 'orgSourcedIds'],
      ['reference.roleMissing', 'users.csv', 7, 'orgSourcedIds'],
      ['package.oneRoster11', null, null, null],
    ])
    expect(await roles()).toEqual([allRoles[0], 'c south student', ...allRoles.slice(1)].sort())
    expect(await rows(`select primary_org_sourced_id from users where sourced_id in ('c', 'd')`)).toEqual([
      { primary_org_sourced_id: 'south' },
    ])
  })

  test('SKIP leaves out a bad user with all that the row says of roles, and tells it once', async () => {
    await hub.run(await package11(files11()))
    const files = files11()
    files['users.csv'] +=
      'teacher,,,true,"south,board",aide,teacher,,Given,Name,,,,,,,,\r\nc,,,maybe,north,student,c,,Given,Name,,,,,,,,\r\n'
    const job = await hub.run(await package11(files), { onError: 'SKIP' })
    expect(sorted(codes(job))).toEqual(
      sorted([
        ['package.oneRoster11', null, null, null],
        ['row.boolean', 'users.csv', 7, 'enabledUser'],
        ['row.duplicate', 'users.csv', 6, 'sourcedId'],
      ]),
    )
    expect(await roles()).toEqual(allRoles)
    expect(job.files.slice(-2)).toMatchObject([
      { read: 6, rejected: 2, unchanged: 4 },
      { read: 10, rejected: 3, unchanged: 7 },
    ])
    // Of a delta neither what the row says of roles nor what it does not say any more.
    const row = 'teacher,active,2026-05-01T00:00:00.000Z,maybe,north,aide,teacher,,Given,Name,,,,,,,,'
    const delta = await package11({ 'users.csv': csv(users11, row) }, { mode: 'delta' })
    const left = await hub.run(delta, { onError: 'SKIP' })
    expect(codes(left).map(([code]) => code)).toEqual(['row.boolean', 'package.oneRoster11'])
    expect(await roles()).toEqual(allRoles)
  })

  test('SKIP leaves a user whose row is left out with the stored roles, whatever the row says of them', async () => {
    await hub.run(await package11(files11()))
    const files = files11()
    // Another school and a cell that is wrong; an organisation that is not there.
    files['users.csv'] = files['users.csv']!.replace('student,,,true,north', 'student,,,maybe,south').replace(
      'parent,,,true,north',
      'parent,,,true,nowhere',
    )
    const job = await hub.run(await package11(files), { onError: 'SKIP' })
    expect(sorted(codes(job))).toEqual(
      sorted([
        ['package.oneRoster11', null, null, null],
        ['row.boolean', 'users.csv', 4, 'enabledUser'],
        ['reference.notFound', 'users.csv', 5, 'orgSourcedIds'],
        ['reference.roleMissing', 'users.csv', 5, 'orgSourcedIds'],
      ]),
    )
    expect(await roles()).toEqual(allRoles)
    expect(job.files.map(({ removed }) => removed)).toEqual(job.files.map(() => 0))
  })

  test('is taken as senders write it: columns by name in any order, older names and words, and warns of each', async () => {
    const files = files11()
    files['users.csv'] = csv(
      'role,sourcedId,orgSourcedIds,username,userId,givenName,familyName,middleNames,enabledUser,Grades,agents,ext_locker,metadata.note',
      'student,s,north,s,"abc1,abc2",Given,Name,Middle,TRUE,3,,12,x',
    )
    files['enrollments.csv'] = csv(
      'sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate',
      'e1,active,2026-05-01T00:00:00.000Z,class,north,s,student,no,,,,',
    )
    const job = await hub.run(await package11(files, { short: true, version: '1.1.1 ' }))
    expect(job.state).toBe('COMPLETED')
    expect(sorted(codes(job))).toEqual(
      sorted([
        ['package.oneRoster11', null, null, null],
        ['header.renamedColumn', 'users.csv', 1, 'userIds'],
        ['header.renamedColumn', 'users.csv', 1, 'middleName'],
        ['header.renamedColumn', 'users.csv', 1, 'grades'],
        ['header.renamedColumn', 'users.csv', 1, 'agentSourcedIds'],
        ['header.keptColumn', 'users.csv', 1, null],
        ['row.olderBoolean', 'users.csv', 2, 'enabledUser'],
        ['row.olderUserIds', 'users.csv', 2, 'userId'],
        ['row.surplusCells', 'enrollments.csv', 2, null],
        ['row.statusInBulk', 'enrollments.csv', 2, 'status'],
        ['row.statusInBulk', 'enrollments.csv', 2, 'dateLastModified'],
        ['row.olderBoolean', 'enrollments.csv', 2, 'primary'],
      ]),
    )
    expect(await rows('select user_ids, middle_name, grades, enabled_user, metadata from users')).toEqual([
      {
        user_ids: [
          { type: 'id', identifier: 'abc1' },
          { type: 'id', identifier: 'abc2' },
        ],
        ...{ middle_name: 'Middle', grades: ['3'], enabled_user: true, metadata: { ext_locker: '12', note: 'x' } },
      },
    ])
  })

  test('is taken with the empty columns of a spreadsheet, and refused with columns whose names nothing can hold', async () => {
    const wide = Object.fromEntries(
      Object.entries(files11()).map(([file, text]) => [file, text.replaceAll('\r\n', ',\r\n')]),
    )
    const job = await hub.run(await package11(wide), { dryRun: true })
    expect(job.state).toBe('COMPLETED')
    expect(new Set(job.issues.items.map(({ code }) => code))).toEqual(
      new Set(['package.oneRoster11', 'header.keptColumn']),
    )
    const files = files11()
    files['users.csv'] = files['users.csv']!.replaceAll('\r\n', ',\r\n').replace('password,', 'password,a\0b')
    expect(codes(await hub.run(await package11(files)))[0]).toEqual(['header.unknownColumn', 'users.csv', 1, null])
    const ten = await hub.run(await package11(files11(), { version: '1.0' }), { dryRun: true })
    expect(ten.issues.items.map(({ message }) => message)[0]).toContain('OneRoster 1.0;')
  })

  test('is known by users.csv, whatever the manifest says; a missing column refuses it', async () => {
    const manifest12 = csv(
      'propertyName,value',
      'manifest.version,1.0',
      'oneroster.version,1.2',
      ...'academicSessions categories classes classResources courses courseResources demographics enrollments lineItemLearningObjectiveIds lineItems lineItemScoreScales orgs resources resultLearningObjectiveIds results resultScoreScales roles scoreScales userProfiles userResources users'
        .split(' ')
        .map((name) => `file.${name},${`${name}.csv` in files11() ? 'bulk' : 'absent'}`),
    )
    const job = await hub.run(await zipOf({ 'manifest.csv': manifest12, ...files11() }), { dryRun: true })
    expect(job).toMatchObject({ state: 'COMPLETED', profile: 'ONEROSTER_1_1' })
    expect(codes(job)).toContainEqual(['manifest.otherVersion', 'users.csv', 1, null])
    expect(job.issues.items.find(({ code }) => code === 'package.oneRoster11')!.message).toContain('OneRoster 1.1;')
    const short = await package11(files11(), { version: '1.2' })
    const read = await hub.run(short, { dryRun: true })
    expect(read).toMatchObject({ state: 'COMPLETED', profile: 'ONEROSTER_1_1' })
    expect(codes(read)).toContainEqual(['manifest.otherVersion', 'users.csv', 1, null])
    const announced = await zipOf({
      'manifest.csv': manifest12.replace('file.roles,absent', 'file.roles,bulk'),
      ...files11(),
    })
    expect(codes(await hub.run(announced, { dryRun: true }))).toEqual([
      ['manifest.fileMissing', 'roles.csv', null, null],
    ])
    const blanks = await package11(files11(), { blanks: true })
    expect(await hub.run(blanks, { dryRun: true })).toMatchObject({ state: 'COMPLETED', profile: 'ONEROSTER_1_1' })
    const files = files11()
    files['users.csv'] = files['users.csv']!.replace('orgSourcedIds', 'orgs')
    const bad = await hub.run(await package11(files))
    expect(codes(bad)).toContainEqual(['header.column', 'users.csv', 1, 'orgSourcedIds'])
    const extra = await hub.run(await package11({ ...files11(), 'userProfiles.csv': 'a\r\n' }))
    expect(codes(extra)).toEqual([['package.unknownFile', null, null, null]])
  })

  describe('and of 1.0, without a manifest', () => {
    const files10 = () => ({
      'orgs.csv': csv(
        'sourcedId,status,dateLastModified,name,type,identifier,metadata.classification,parentSourcedId',
        'board,,,Board,local,,public,',
        'north,active,2020-01-01,North,school,,,board',
      ),
      'academicSessions.csv': csv(
        'sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId',
        'year,,,Year,schoolYear,2026-04-01,2027-03-31,',
        'first,,,First term,term,2026-04-01,2026-08-31,year',
        'second,,,Second term,term,2026-09-01,2026-12-31,',
        'other,,,Other,term,2030-09-01,2030-12-31,',
      ),
      'users.csv': csv(
        'sourcedId,status,dateLastModified,orgSourcedIds,role,username,userId,givenName,familyName,identifier,email,sms,phone,agents',
        's1,,,north,student,s1,1,Given,Name,,,,,',
        's2,inactive,,north,student,s2,2,Given,Name,,,,,',
      ),
    })
    test('nothing is removed because it is missing, unless bulk is asked for; sessions get their school year', async () => {
      await hub.run(await package11(files11()))
      const job = await hub.run(await zipOf(files10()))
      expect(job).toMatchObject({ state: 'COMPLETED', profile: 'ONEROSTER_1_0' })
      expect(codes(job)[0]).toEqual(['package.oneRoster10', null, null, null])
      expect(await rows('select sourced_id, school_year from academic_sessions order by 1')).toEqual([
        { sourced_id: 'first', school_year: '2027' },
        { sourced_id: 'other', school_year: '2030' },
        { sourced_id: 'second', school_year: '2027' },
        { sourced_id: 'year', school_year: '2027' },
      ])
      const users = () => rows(`select sourced_id from users where status = 'active' order by 1`)
      expect(await users()).toHaveLength(5)
      expect(await rows(`select type, metadata from orgs where sourced_id = 'board'`)).toEqual([
        { type: 'district', metadata: { classification: 'public' } },
      ])
      const { 'users.csv': onlyUsers } = files10()
      await hub.run(await zipOf({ 'users.csv': onlyUsers }), { mode: 'bulk' })
      expect(await users()).toEqual([{ sourced_id: 's1' }])
      expect(await roles()).toEqual(['s1 north student'])
    })

    test('files that could be of any version are of 1.0 when it is asked for, and of a package that lost its manifest else', async () => {
      const { 'orgs.csv': orgs, 'academicSessions.csv': sessions } = files10()
      const bytes = await zipOf({ 'orgs.csv': orgs, 'academicSessions.csv': sessions })
      const [unasked, asked] = [await hub.run(bytes), await hub.run(bytes, { profile: 'ONEROSTER_1_0' })]
      expect([unasked.state, codes(unasked)]).toEqual(['REJECTED', [['manifest.missing', null, null, null]]])
      expect([asked.state, asked.profile, asked.files.map(({ mode }) => mode)]).toEqual([
        ...['COMPLETED', 'ONEROSTER_1_0'],
        ['delta', 'delta'],
      ])
      const sds = await zipOf({ 'School.csv': 'SIS ID,Name\r\n1,School\r\n' })
      expect(codes(await hub.run(sds, { profile: 'ONEROSTER_1_0' }))[0]![0]).toBe('package.microsoftSds')
    })
  })
})
