/**
 * What boards hold beside OneRoster and upload by mistake, and by which names it is known, as data. Columns and files as Microsoft publishes
 * them for School Data Sync: version 1 (one format for the United Kingdom too), version 2 and 2.1.
 */

/** Files that only School Data Sync has. Names in lower case. */
export const sdsFiles: readonly string[] = [
  'school.csv',
  'section.csv',
  'student.csv',
  'teacher.csv',
  'studentenrollment.csv',
  'teacherroster.csv',
  'relationships.csv',
  'userflags.csv',
]

/** Columns that only School Data Sync has, by which a file is known that is named as one of OneRoster's (or as nothing known). */
export const sdsColumns: readonly string[] = [
  'SIS ID',
  'School SIS ID',
  'Section SIS ID',
  'DfE Number',
  'School DfE Number',
  'Section ID',
  'activeDirectoryMatchId',
  'relationshipUserSourcedId',
  'sessionSourcedIds',
  'sessionSourcedId',
  'ethnicityCodes',
]

/** Every file of OneRoster has it, in every version; none of School Data Sync 2 does. */
export const oneRosterMark = 'status'
