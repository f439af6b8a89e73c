import { boardId, schoolId, type FileRows } from './row'
import { classesOf, type Course } from './school'

export const academicSessionRows: FileRows = function* (district) {
  const { title, firstDay, lastDay, schoolYear } = district.calendar
  yield {
    sourcedId: district.ids.session,
    title,
    type: 'schoolYear',
    startDate: firstDay,
    endDate: lastDay,
    // The four letters NULL, and in this column only (test console rule of the 第2版).
    parentSourcedId: district.options.profile === 'jp-2nd-edition' ? 'NULL' : '',
    schoolYear,
  }
}

export const orgRows: FileRows = function* (district) {
  yield {
    sourcedId: boardId(district),
    name: `${district.city}教育委員会`,
    type: 'district',
    identifier: district.code,
    parentSourcedId: '',
  }
  for (const school of district.schools) {
    yield {
      sourcedId: schoolId(district, school),
      name: school.name,
      type: 'school',
      identifier: school.code,
      parentSourcedId: boardId(district),
    }
  }
}

export const courseRows: FileRows = function* (district) {
  const { title } = district.calendar
  for (const school of district.schools) {
    for (const { index, subject, grades } of school.courses) {
      yield {
        sourcedId: district.ids.course(index),
        schoolYearSourcedId: district.ids.session,
        title: title + (subject?.name ?? 'ホームルーム'),
        grades: grades.join(','),
        orgSourcedId: schoolId(district, school),
        ...subjectColumns(subject),
      }
    }
  }
}

export const classRows: FileRows = function* (district) {
  for (const school of district.schools) {
    for (const klass of classesOf(school)) {
      const { course, slot, specialNeeds } = klass
      yield {
        sourcedId: district.ids.class(klass.index),
        title: klass.title,
        grades: klass.grades.join(','),
        courseSourcedId: district.ids.course(course.index),
        classType: slot === 0 ? 'homeroom' : 'scheduled',
        location: slot === 0 ? `${klass.title}教室` : '',
        schoolSourcedId: schoolId(district, school),
        termSourcedIds: district.ids.session,
        ...subjectColumns(course.subject),
        periods: slot === 0 ? '' : `${slot},${slot + 1}`,
        'metadata.jp.specialNeeds': String(specialNeeds),
      }
    }
  }
}

/** Names and codes go together, item by item, or both are empty (CSV Binding 1.2 section 3). */
function subjectColumns(subject: Course['subject']) {
  return subject?.code ? { subjects: subject.name, subjectCodes: subject.code } : { subjects: '', subjectCodes: '' }
}
