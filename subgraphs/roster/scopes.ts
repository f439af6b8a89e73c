import { scopes } from '../../oneroster/scopes'

/** Which scopes open what (REST binding, security): root collections and single records, relations, demographics, writing. */
export const needs = {
  root: [scopes.rosterCore, scopes.roster],
  relation: [scopes.roster],
  demographics: [scopes.demographics],
  write: [scopes.rosterWrite],
} as const
