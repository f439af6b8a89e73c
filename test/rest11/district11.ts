import type { RosterRows } from '../support/insertRoster'
import { district } from '../rest/district'

const stamp = '2026-04-02T00:00:00.000Z'
const row = (sourcedId: string, more: object) => ({ sourcedId, status: 'active', dateLastModified: stamp, ...more })

/** A role: what, where, and if need be until or from when. */
type Held = [role: string, org: string, more?: object]

/** Users who show in 1.1 what their roles make of them, by case; the first org is primaryOrg. */
export const people: Record<
  string,
  { primaryOrg?: string; roles: Held[]; role: string; orgs: string[]; more?: object }
> = {
  'one role': { primaryOrg: 'school-0', roles: [['student', 'school-0']], role: 'student', orgs: ['school-0'] },
  'the primary one at primaryOrg': {
    primaryOrg: 'school-1',
    roles: [
      ['teacher', 'school-0'],
      ['guardian', 'school-1'],
    ],
    role: 'guardian',
    orgs: ['school-1', 'school-0'],
  },
  'no primaryOrg': {
    roles: [
      ['guardian', 'school-2'],
      ['teacher', 'school-1', { roleType: 'secondary' }],
    ],
    role: 'teacher',
    orgs: ['school-2', 'school-1'],
  },
  'a secondary role at primaryOrg': {
    primaryOrg: 'school-0',
    roles: [
      ['aide', 'school-0', { roleType: 'secondary' }],
      ['student', 'school-0'],
      ['proctor', 'district', { roleType: 'secondary' }],
    ],
    role: 'student',
    orgs: ['school-0', 'district'],
  },
  'a role that has ended': {
    roles: [
      ['teacher', 'school-0', { endDate: '2020-03-31' }],
      ['parent', 'school-1'],
    ],
    role: 'parent',
    orgs: ['school-1'],
  },
  'a role that has not begun': {
    roles: [
      ['teacher', 'school-0', { beginDate: '2999-04-01' }],
      ['relative', 'school-1'],
    ],
    role: 'relative',
    orgs: ['school-1'],
  },
  'ended roles only': {
    roles: [['teacher', 'school-0', { endDate: '2020-03-31' }]],
    role: 'teacher',
    orgs: ['school-0'],
  },
  'a role that ended elsewhere': {
    primaryOrg: 'school-2',
    roles: [
      ['student', 'school-2', { endDate: '2020-03-31' }],
      ['guardian', 'school-1'],
    ],
    role: 'guardian',
    orgs: ['school-2', 'school-1'],
  },
  'no role': { primaryOrg: 'school-0', roles: [], role: 'relative', orgs: ['school-0'] },
  principal: { roles: [['principal', 'school-0']], role: 'administrator', orgs: ['school-0'] },
  siteAdministrator: { roles: [['siteAdministrator', 'school-0']], role: 'administrator', orgs: ['school-0'] },
  districtAdministrator: { roles: [['districtAdministrator', 'district']], role: 'administrator', orgs: ['district'] },
  systemAdministrator: { roles: [['systemAdministrator', 'district']], role: 'administrator', orgs: ['district'] },
  counselor: { roles: [['counselor', 'school-0']], role: 'aide', orgs: ['school-0'] },
  extension: { roles: [['ext:jp.nurse', 'school-0']], role: 'aide', orgs: ['school-0'] },
}

export const idOf = (who: string) => `who.${Object.keys(people).indexOf(who)}`

/** The district of the 1.2 tests, with what 1.1 must show differently. */
export const district11: RosterRows = {
  ...district,
  org: [
    ...district.org!,
    row('ext-below', { name: '分室', type: 'ext:jp.branch', identifier: 'B1', parentSourcedId: 'school-0' }),
    row('ext-alone', { name: '連合', type: 'ext:jp.union' }),
  ],
  academicSession: [
    ...district.academicSession!,
    row('half', {
      title: '前期',
      type: 'ext:jp.half',
      startDate: '2026-04-01',
      endDate: '2026-10-01',
      schoolYear: '2026',
      parentSourcedId: 'year',
    }),
  ],
  class: [
    ...district.class!,
    classRow('no-type', { classType: null }),
    classRow('ext-type', { classType: 'ext:jp.club', terms: [] }),
  ],
  user: [
    ...district.user!,
    ...Object.keys(people).map((who) => {
      const { primaryOrg, more } = people[who]!
      const names = { givenName: '花', familyName: who }
      return row(idOf(who), { enabledUser: true, ...names, primaryOrgSourcedId: primaryOrg ?? null, ...more })
    }),
  ],
  role: [
    ...district.role!,
    ...Object.keys(people).flatMap((who) =>
      people[who]!.roles.map(([role, org, more], at) =>
        row(`${idOf(who)}.${at}`, {
          userSourcedId: idOf(who),
          roleType: 'primary',
          role,
          orgSourcedId: org,
          ...more,
        }),
      ),
    ),
  ],
  enrollment: [
    ...district.enrollment!,
    row('ext-role', {
      classSourcedId: 'class-1',
      schoolSourcedId: 'school-1',
      userSourcedId: idOf('counselor'),
      role: 'ext:jp.assistant',
    }),
  ],
  demographics: [
    ...district.demographics!,
    row(idOf('one role'), { sex: 'other', asian: true }),
    row(idOf('counselor'), { sex: 'ext:x' }),
  ],
}

function classRow(
  sourcedId: string,
  { classType, terms = ['term-0'] }: { classType: string | null; terms?: string[] },
) {
  const refs = { courseSourcedId: 'course-0', schoolSourcedId: 'school-0', termSourcedIds: terms }
  return row(sourcedId, { title: sourcedId, classType, ...refs })
}
