import { propertyOf, type Field } from './fields'
import { InvalidValue } from './invalid'
import { entities, type Entity } from './model'
import { isStorableJson } from './storableJson'

/** What a mutation takes: values by the model's property names. */
export type JsonInput = Record<string, unknown>

/**
 * The input of a mutation out of a OneRoster JSON object: the reverse of the documents that REST serves. References may be whole GUIDRefs or
 * bare `{sourcedId}`, as consumers write them; booleans are strings, real ones are taken too. `status` and `dateLastModified` are the
 * hub's to set and left out, as are computed members. Throws InvalidValue('data') for a member that is unknown or of the wrong form.
 */
export function jsonInput(entity: Entity, body: unknown): JsonInput {
  const object = objectOf(entity.name, body)
  const input: JsonInput = {}
  for (const [name, value] of Object.entries(object)) {
    if (hubOwned.has(name) && (name !== 'children' || entity.hasChildren)) continue
    const nested = entity.name === 'user' && Object.hasOwn(nestedInputs, name) ? nestedInputs[name] : undefined
    if (nested) {
      input[name] = listOf(name, value).map(nested)
      continue
    }
    const field = entity.fields.find((candidate) => candidate.name === name && candidate.json !== 'absent')
    if (!field) throw new InvalidValue('data', name, `${entity.name} has no such member`)
    input[propertyOf(field)] = valueOf(field, value)
  }
  return input
}

const hubOwned = new Set(['status', 'dateLastModified', 'children', 'resources'])

const nestedInputs: Record<string, (value: unknown) => JsonInput> = {
  roles: (value) => jsonInput(entities.role, value),
  userProfiles: profileInput,
}

/** JSON lists the credentials of a profile; a row holds one (CSV Binding 1.2, userProfiles.csv). */
function profileInput(value: unknown): JsonInput {
  const { profileId, credentials, ...rest } = objectOf('userProfiles', value)
  const list = isGiven(credentials) ? listOf('credentials', credentials) : []
  if (list.length > 1) throw new InvalidValue('data', 'userProfiles.credentials', 'at most one credential is held')
  const { type, username, password } = list.length ? objectOf('credentials', list[0]) : {}
  return {
    ...jsonInput(entities.userProfile, rest),
    ...(typeof profileId === 'string' ? { sourcedId: profileId } : {}),
    ...(isGiven(type) ? { credentialType: textOf('type', type) } : {}),
    ...(isGiven(username) ? { username: textOf('username', username) } : {}),
    ...(isGiven(password) ? { password: textOf('password', password) } : {}),
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

function valueOf(field: Field, value: unknown): unknown {
  if (value === null) return null
  switch (field.type) {
    case 'boolean':
      if (value === true || value === 'true') return true
      if (value === false || value === 'false') return false
      throw new InvalidValue('data', field.name, 'expected "true" or "false"')
    case 'guidRef':
      return referenceOf(field.name, value)
    case 'guidRefs':
      return listOf(field.name, value).map((item) => referenceOf(field.name, item))
    case 'stringList':
      return listOf(field.name, value).map((item) => textOf(field.name, item))
    case 'userIdList':
      return listOf(field.name, value).map((item) => {
        const { type, identifier } = objectOf(field.name, item)
        return { type: textOf(`${field.name}.type`, type), identifier: textOf(`${field.name}.identifier`, identifier) }
      })
    case 'metadata':
      // Here too: what is deeper cannot even be sent on.
      if (!isStorableJson(value))
        throw new InvalidValue('data', field.name, 'too deep, or with characters not to be stored')
      return objectOf(field.name, value)
    default:
      return textOf(field.name, value)
  }
}

function referenceOf(name: string, value: unknown): string {
  return textOf(`${name}.sourcedId`, objectOf(name, value)['sourcedId'])
}

function objectOf(name: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new InvalidValue('data', name, 'expected an object')
}

function listOf(name: string, value: unknown): unknown[] {
  if (Array.isArray(value)) return value
  throw new InvalidValue('data', name, 'expected an array')
}

function textOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw new InvalidValue('data', name, 'expected a string')
}
