const mostLevels = 100

/** Whether a JSON value can be stored and read again: texts that PostgreSQL can hold, and not so deep that those who walk it run out of stack. */
export function isStorableJson(value: unknown, levels = mostLevels): boolean {
  if (typeof value === 'string') return isStorableText(value)
  if (typeof value !== 'object' || value === null) return true
  if (levels === 0) return false
  return Object.entries(value).every(([key, inner]) => isStorableText(key) && isStorableJson(inner, levels - 1))
}

/**
 * PostgreSQL holds no NUL, and no cell of a package a control character but a tab (line breaks leave as spaces): a reader would refuse the whole
 * package for it. Half of a character, cut off where UTF-16 writes it in two (𠮷), would be stored as another one.
 */
function isStorableText(text: string): boolean {
  return !/[\0-\x08\x0b\x0c\x0e-\x1f]/.test(text) && !isCutOff(text)
}

export function isCutOff(text: string): boolean {
  return /\p{Surrogate}/u.test(text)
}
