/**
 * A value that the standard does not allow where it stands. Thrown by the pure bindings; whoever serves the request gives it a status.
 * Messages name the field and what was expected, never the value (it may be personal).
 */
export class InvalidValue extends Error {
  readonly kind: 'filter' | 'sort' | 'data' | 'page'
  readonly field: string
  constructor(kind: InvalidValue['kind'], field: string, expected: string) {
    super(`${field}: ${expected}`)
    this.name = 'InvalidValue'
    this.kind = kind
    this.field = field
  }
}
