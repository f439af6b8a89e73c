/** Where a server is, for a sentence: without the password of its URL. */
export function placeOf(url: string): string {
  const { host, pathname } = new URL(url)
  return `${host}${pathname}`
}

/** Why it did not let us in. Node tells several attempts (IPv6, IPv4) as one error without a message. */
export function reasonOf(error: unknown): string {
  const { message, code, errors } = error as { message?: string; code?: string; errors?: Error[] }
  return message || errors?.map((one) => one.message).join(', ') || code || String(error)
}

/** What `connect` answers; a refusal is one sentence that names the server. */
export async function letIn<T>(url: string, connect: () => Promise<T>): Promise<T> {
  try {
    return await connect()
  } catch (error) {
    throw new Error(`PostgreSQL at ${placeOf(url)} does not let us in: ${reasonOf(error)}`, { cause: error })
  }
}
