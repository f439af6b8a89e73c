import { codeMinors11 } from '../../oneroster/differences11'
import { codeOf } from '../../platform/errors'
import type { Failure } from '../statusInfo'
import type { Warning } from './read11'

/** The request that a status speaks of. */
export interface Reference {
  readonly requestId: string
  readonly operationId?: string | undefined
}

/** The body of every 4xx and 5xx of the 1.1 service. */
export function failureBody(failure: Failure, error: unknown, reference: Reference): string {
  const { codeMinor } = (error as { extensions?: { codeMinor?: string } }).extensions ?? {}
  const code = codeOf(error) as keyof typeof codeMinors11
  const minor = failure.status < 500 || failure.status === 503 ? (codeMinor ?? codeMinors11[code]) : failure.codeMinor
  return JSON.stringify(
    statusInfoSet('failure', 'error', [{ codeMinor: minor, description: failure.description }], reference),
  )
}

/** The member that stands behind the data when something was not obeyed; nothing when there is nothing to say. */
export function warningMember(warnings: readonly Warning[], reference: Reference): string {
  if (!warnings.length) return ''
  return `,${JSON.stringify(statusInfoSet('success', 'warning', warnings, reference)).slice(1, -1)}`
}

/** In 1.1 imsx_codeMinor is plain text; the small c is no slip. */
function statusInfoSet(
  codeMajor: 'failure' | 'success',
  severity: 'error' | 'warning',
  infos: readonly { codeMinor: string; description: string }[],
  { requestId, operationId }: Reference,
) {
  return {
    statusInfoSet: infos.map(({ codeMinor, description }) => ({
      imsx_codeMajor: codeMajor,
      imsx_severity: severity,
      imsx_codeMinor: codeMinor,
      imsx_description: description,
      imsx_messageRefIdentifier: requestId,
      ...(operationId ? { imsx_operationRefIdentifier: operationId } : {}),
    })),
  }
}
