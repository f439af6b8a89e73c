import { smallRoster } from '../imports/smallRoster'

/** A district of two schools with one class each; teacher t1 belongs to both, guardian g1 to the first, pupil s3 to the second. */
export function twoSchools() {
  const files = smallRoster()
  const user = (id: string, more = {}) => ({
    ...{ sourcedId: id, enabledUser: 'true', username: id, givenName: 'Given', familyName: 'Name' },
    ...more,
  })
  const role = (id: string, userSourcedId: string, name: string, orgSourcedId: string, roleType = 'primary') => ({
    ...{ sourcedId: id, userSourcedId, roleType, role: name, orgSourcedId },
  })
  files['orgs.csv']!.push({ sourcedId: 'second', name: 'Second School', type: 'school', parentSourcedId: 'district' })
  files['courses.csv']!.push({ sourcedId: 'course2', title: 'Art', orgSourcedId: 'second' })
  files['classes.csv']!.push({
    ...{ sourcedId: 'class2', title: 'Art', classType: 'scheduled', courseSourcedId: 'course2' },
    ...{ schoolSourcedId: 'second', termSourcedIds: 'year' },
  })
  files['users.csv']!.push(user('g1', { agentSourcedIds: 's1,s3' }), user('s3', { primaryOrgSourcedId: 'second' }))
  files['roles.csv']!.push(
    role('role-g1', 'g1', 'guardian', 'school'),
    role('role-s3', 's3', 'student', 'second'),
    role('role-t1-second', 't1', 'teacher', 'second'),
  )
  files['enrollments.csv']!.push({
    ...{ sourcedId: 'enrollment-s3', classSourcedId: 'class2', schoolSourcedId: 'second', userSourcedId: 's3' },
    role: 'student',
  })
  files['demographics.csv']!.push({ sourcedId: 's3', birthDate: '2019-05-02' })
  return files
}
