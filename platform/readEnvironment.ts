/** Readers of single variables. Each notes what is wrong with its variable among `problems` and goes on with the default; empty is not set. */
export function readEnvironment(env: NodeJS.ProcessEnv) {
  const problems: string[] = []

  function url(name: string, fallback: string, protocols: readonly string[]): string {
    const value = env[name]
    if (!value) return fallback
    if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
      // The value itself may hold a password, so it is not repeated.
      const beginnings = protocols.map((protocol) => `${protocol}//`).join(' or ')
      problems.push(`${name} must be a URL that starts with ${beginnings}`)
    }
    return value
  }

  function words(name: string): string[] {
    return (env[name] ?? '')
      .split(',')
      .map((word) => word.trim())
      .filter(Boolean)
  }

  function integer(name: string, fallback: number, least: number, most: number): number {
    const value = decimal(name, fallback, least, most)
    if (!Number.isInteger(value)) problems.push(`${name} must be a whole number`)
    return value
  }

  function decimal(name: string, fallback: number, least: number, most: number): number {
    const value = env[name] === undefined || env[name] === '' ? fallback : Number(env[name])
    if (value >= least && value <= most) return value
    problems.push(`${name} must be a number from ${least} to ${most}`)
    return fallback // what is made of it would only be told as a second problem
  }

  function oneOf(name: string, known: readonly string[]): void {
    const value = env[name]
    if (value && !known.includes(value)) problems.push(`${name} must be one of ${known.join(', ')}`)
  }

  function flag(name: string): boolean {
    oneOf(name, ['0', '1'])
    return env[name] === '1'
  }

  return { problems, url, words, integer, decimal, oneOf, flag }
}
