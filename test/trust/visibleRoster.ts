import type { Roster, Row } from './randomRoster'

/**
 * What a client that may see these schools is shown, in plain words over the whole roster in memory: docs/decisions/schools.md once more,
 * written apart from what the hub does.
 */
export function visibleRoster(roster: Roster, schools: readonly string[]): Roster {
  const own = ownOrgs(roster.org, schools)
  const seen = new Set(withAncestors(roster.org, own))
  const classes = roster.class.filter((klass) => own.has(klass['schoolSourcedId']))
  const classIds = idsOf(classes)
  const used = new Set(classes.map((klass) => klass['courseSourcedId']))
  const courses = roster.course
    .filter((course) => own.has(course['orgSourcedId']) || used.has(course['sourcedId']))
    .map((course) => ({ ...course, orgSourcedId: seen.has(course['orgSourcedId']) ? course['orgSourcedId'] : null }))
  const enrollments = roster.enrollment.filter(
    (enrollment) => own.has(enrollment['schoolSourcedId']) && classIds.has(enrollment['classSourcedId']),
  )
  const roles = roster.role.filter((role) => own.has(role['orgSourcedId']))
  const members = new Set(
    roster.user
      .filter((user) =>
        [...roles, ...enrollments].some((tie) => tie['userSourcedId'] === user['sourcedId'] && holds(tie, user)),
      )
      .map((user) => user['sourcedId']),
  )
  return {
    org: roster.org.filter((org) => seen.has(org['sourcedId'])),
    academicSession: neededSessions(roster.academicSession, classes, courses),
    course: courses,
    class: classes,
    user: roster.user
      .filter((user) => members.has(user['sourcedId']))
      .map((user) => shownUser(user, members, own, classIds)),
    role: roles.filter((role) => members.has(role['userSourcedId'])),
    userProfile: roster.userProfile.filter(
      (profile) => members.has(profile['userSourcedId']) && isShownProfile(profile, roster.role, own),
    ),
    enrollment: enrollments,
    demographics: roster.demographics.filter((row) => members.has(row['sourcedId'])),
  }
}

function ownOrgs(orgs: readonly Row[], schools: readonly string[]): Set<string> {
  const own = new Set(schools)
  for (let size = -1; size !== own.size;) {
    size = own.size
    for (const org of orgs) if (org['type'] !== 'school' && own.has(org['parentSourcedId'])) own.add(org['sourcedId'])
  }
  return own
}

function withAncestors(rows: readonly Row[], ids: Iterable<string>): string[] {
  const all = new Set<string>(ids)
  for (const id of all) {
    const parent = rows.find((row) => row['sourcedId'] === id)?.['parentSourcedId']
    if (parent) all.add(parent)
  }
  return [...all]
}

/** Active, or ended together with the user. */
function holds(tie: Row, user: Row): boolean {
  if (tie['status'] === 'active') return true
  return user['status'] === 'tobedeleted' && user['dateLastModified'] === tie['dateLastModified']
}

function neededSessions(sessions: readonly Row[], classes: readonly Row[], courses: readonly Row[]): readonly Row[] {
  const named = new Set<string>([
    ...classes.flatMap((klass) => klass['termSourcedIds'] as string[]),
    ...courses.map((course) => course['schoolYearSourcedId']).filter(Boolean),
  ])
  const needed = new Set(withAncestors(sessions, named))
  const below = new Set(named)
  for (const id of below) {
    needed.add(id)
    for (const session of sessions) if (session['parentSourcedId'] === id) below.add(session['sourcedId'])
  }
  return sessions.filter((session) => needed.has(session['sourcedId']))
}

function shownUser(
  user: Row,
  members: ReadonlySet<string>,
  own: ReadonlySet<string>,
  classes: ReadonlySet<string>,
): Row {
  const { 'jp.homeClass': homeClass, ...others } = (user['metadata'] ?? {}) as Record<string, string>
  const agents = ((user['agentSourcedIds'] ?? []) as string[]).filter((agent) => members.has(agent))
  return {
    ...user,
    metadata: homeClass && !classes.has(homeClass) ? others : user['metadata'],
    agentSourcedIds: agents.length ? agents : null,
    primaryOrgSourcedId: own.has(user['primaryOrgSourcedId']) ? user['primaryOrgSourcedId'] : null,
  }
}

function isShownProfile(profile: Row, roles: readonly Row[], own: ReadonlySet<string>): boolean {
  const using = roles.filter(
    (role) =>
      role['userSourcedId'] === profile['userSourcedId'] && role['userProfileSourcedId'] === profile['sourcedId'],
  )
  return using.length === 0 || using.some((role) => own.has(role['orgSourcedId']))
}

function idsOf(rows: readonly Row[]): Set<string> {
  return new Set(rows.map((row) => row['sourcedId']))
}
