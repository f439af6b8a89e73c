import { request, type Answer } from '../rest/rest'
import type { Hub } from '../support/hub'

export const base11 = '/ims/oneroster/v1p1'

/** GET below the 1.1 base path; throws unless 200. */
export async function get11(hub: Hub, path: string, headers?: Record<string, string>): Promise<Answer> {
  const answer = await request(hub, base11 + path, headers ? { headers } : {})
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.text}`)
  return answer
}

/** The records of the first member, where some clients look for them. */
export function firstMember({ json }: Answer): any[] {
  return Object.values(json)[0] as any[]
}

export const total = ({ headers }: Answer) => Number(headers.get('x-total-count'))

/** The one status of an answer. */
export function statusOf({ json }: Answer): Record<string, string> {
  expect(json.statusInfoSet).toHaveLength(1)
  return json.statusInfoSet[0]
}
