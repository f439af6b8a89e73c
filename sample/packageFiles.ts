import { entities } from '../oneroster/model'
import { enrollmentRows } from './enrollmentRows'
import { demographicsRows, roleRows, userProfileRows } from './personRows'
import type { FileRows } from './row'
import { academicSessionRows, classRows, courseRows, orgRows } from './schoolRows'
import { userRows } from './userRows'

/** The files of a sample package in the order in which they are written, and what makes their rows. */
export const fileRows = {
  academicSessions: academicSessionRows,
  orgs: orgRows,
  courses: courseRows,
  classes: classRows,
  users: userRows,
  roles: roleRows,
  userProfiles: userProfileRows,
  demographics: demographicsRows,
  enrollments: enrollmentRows,
} satisfies Record<string, FileRows>

export type SampleFile = keyof typeof fileRows

export const sampleFiles = Object.keys(fileRows) as SampleFile[]

/** The entity that a file holds. */
export const entityOf = (file: SampleFile) => Object.values(entities).find((entity) => entity.file === `${file}.csv`)!
