/**
 * Every enumeration of the rostering service, in the standard's spelling (OneRoster 1.2 Rostering OpenAPI; CSV Binding 1.2 section 9).
 * `open`: besides the tokens, any `ext:` value is legal. Three role lists exist and differ on purpose.
 */
export const vocabularies = {
  status: { tokens: ['active', 'tobedeleted'], open: false },
  orgType: { tokens: ['department', 'district', 'local', 'national', 'school', 'state'], open: true },
  sessionType: { tokens: ['gradingPeriod', 'semester', 'schoolYear', 'term'], open: true },
  classType: { tokens: ['homeroom', 'scheduled'], open: true },
  roleType: { tokens: ['primary', 'secondary'], open: false },
  userRole: {
    tokens: [
      'aide',
      'counselor',
      'districtAdministrator',
      'guardian',
      'parent',
      'principal',
      'proctor',
      'relative',
      'siteAdministrator',
      'student',
      'systemAdministrator',
      'teacher',
    ],
    open: true,
  },
  enrollmentRole: { tokens: ['administrator', 'proctor', 'student', 'teacher'], open: true },
  sex: { tokens: ['male', 'female', 'unspecified', 'other'], open: true },
} as const

export type VocabularyName = keyof typeof vocabularies

/** `ext:` and at least one letter, digit, dot, hyphen or underscore (OpenAPI pattern of the extensible enumerations). */
export const extensionToken = /^ext:[a-zA-Z0-9.\-_]+$/

/** Whether `value` is a token of the vocabulary, or an extension of it where the standard allows one. */
export function isToken(vocabulary: VocabularyName, value: string): boolean {
  const { tokens, open } = vocabularies[vocabulary]
  return (tokens as readonly string[]).includes(value) || (open && extensionToken.test(value))
}
