/**
 * Whether an error says that the database cannot work at the moment, whatever it was asked: it is gone, going or coming, the connection was
 * cut, a resource is used up, or the server is a standby by now. The same request may succeed a little later.
 */
export function isDatabaseAway(error: unknown): boolean {
  const { code = '', message = '' } = (error ?? {}) as { code?: unknown; message?: unknown }
  return states.test(String(code)) || connectionErrors.has(String(code)) || lostClient.test(String(message))
}

/** PostgreSQL's classes: 08 connection, 53 resources, 57 operator (shutdown, cancelled), 58 system; 25006 is a server that takes no writes. */
const states = /^(08|53|57|58)[0-9A-Z]{3}$|^25006$/
/** What pg says of a connection that is gone, without a code. */
const lostClient =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/
const connectionErrors = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH'])
