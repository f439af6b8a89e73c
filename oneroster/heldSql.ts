/**
 * Which roles and profiles a user is shown with: the active ones. A user that is tobedeleted keeps those that went with it in the same write,
 * so that a client that asks for changes of /students still learns of the student's end (CSV Binding 1.2 section 5).
 * Both arguments are aliases of rows: of roles or user_profiles, and of users.
 */
export function heldSql(nested: string, user: string): string {
  return (
    `(${nested}.status = 'active' or (${user}.status = 'tobedeleted'` +
    ` and ${nested}.date_last_modified = ${user}.date_last_modified))`
  )
}
