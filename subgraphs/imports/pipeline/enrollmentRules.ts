import { afterwards, replacesAll, type Staged } from './afterwards'
import type { Run, StagedFile } from './job'
import { rule, taken, type ReferenceRule } from './referenceRules'

/** Rules of enrollments among themselves and with the terms of their class (CSV Binding 1.2 section 6). */
export function ofEnrollments(run: Run, staged: Staged, file: StagedFile, otherSources: boolean): ReferenceRule[] {
  if (file.entity.name !== 'enrollment') return []
  return [primaryTeachers(run, staged, file, otherSources), withinTerms(run, staged, file)]
}

/**
 * Two primary teachers of a class whose days overlap; of two rows of the file the later one is told. Only classes with more than one are looked
 * into: joining all would be as slow as the planner's guess of their number is wrong.
 */
function primaryTeachers(run: Run, staged: Staged, file: StagedFile, otherSources: boolean): ReferenceRule {
  const columns = ['sourced_id', 'class_sourced_id', 'role', 'primary', 'begin_date', 'end_date']
  const all = replacesAll(run, file, otherSources)
    ? `select * from ${file.table} where not rejected`
    : afterwards(run, staged, 'enrollment', columns)
  return {
    ...rule(
      'reference.primaryTeacherTwice',
      file,
      'primary',
      `with several as materialized (
         select p.class_sourced_id from (${all}) p where p.role = 'teacher' and p."primary"
           and p.class_sourced_id in (select c.class_sourced_id from ${file.table} c where c.role = 'teacher' and c."primary")
         group by 1 having count(*) > 1
       )
       select distinct s.line, false as left_out from ${file.table} s join (${all}) o
         on o.class_sourced_id = s.class_sourced_id and o.sourced_id <> s.sourced_id and coalesce(o.line, 0) < s.line
       where ${taken} and s.role = 'teacher' and s."primary" and o.role = 'teacher' and o."primary"
         and s.class_sourced_id = any(array(select class_sourced_id from several))
         and o.class_sourced_id = any(array(select class_sourced_id from several))
         and coalesce(o.begin_date, '-infinity') < coalesce(s.end_date, 'infinity')
         and coalesce(s.begin_date, '-infinity') < coalesce(o.end_date, 'infinity')`,
    ),
    onlyIf: `select from ${file.table} s where ${taken} and s.role = 'teacher' and s."primary"`,
  }
}

/** Ends are exclusive in the base standard and inclusive in Japan: a day more is no fault. */
function withinTerms(run: Run, staged: Staged, file: StagedFile): ReferenceRule {
  const classes = afterwards(run, staged, 'class', ['sourced_id', 'term_sourced_ids'])
  const sessions = afterwards(run, staged, 'academicSession', ['sourced_id', 'start_date', 'end_date'])
  return {
    ...rule(
      'reference.enrollmentDates',
      file,
      'beginDate',
      `select s.line, false as left_out from ${file.table} s join (
         select c.sourced_id, min(t.start_date) as first_day, max(t.end_date) as last_day
         from (${classes}) c join (${sessions}) t on t.sourced_id = any(c.term_sourced_ids) group by c.sourced_id
       ) terms on terms.sourced_id = s.class_sourced_id
       where ${taken} and (s.begin_date < first_day or s.begin_date > last_day or s.end_date > last_day + 1 or s.end_date < first_day)`,
    ),
    onlyIf: `select from ${file.table} s where s.begin_date is not null or s.end_date is not null`,
  }
}
