import { inputRefusal, type Input } from '../../oneroster/inputFindings'
import type { Entity } from '../../oneroster/model'
import { coded } from '../../platform/errors'

/** Holds a record to the rules for CSV rows. Throws INVALID_DATA with `issues`: code, column, parameters; never a value. */
export function checkRecord(entity: Entity, record: Input): void {
  const refusal = inputRefusal(entity, record)
  if (refusal) throw coded('INVALID_DATA', refusal.message, { issues: refusal.issues })
}
