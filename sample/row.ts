import type { District } from './district'
import type { School } from './school'

/**
 * A row of a CSV file by column; a column that is not there is empty. Extension columns have the newer spelling whatever the profile,
 * and columns that a profile lacks are given all the same: the header decides what is written.
 */
export type Row = Readonly<Record<string, string>>

/** The rows of one file of the whole district, made one at a time. */
export type FileRows = (district: District) => Iterable<Row>

/** sourcedId of the board, and of a school. */
export const boardId = ({ ids }: District) => ids.org(0)
export const schoolId = ({ ids }: District, school: School) => ids.org(school.index + 1)
