/** What a server wants to see, out of a WWW-Authenticate header. Pure. */

export interface Challenge {
  /** In small letters. */
  scheme: string
  parameters: Readonly<Partial<Record<string, string>>>
}

const parameter = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y
const schemeName = /([A-Za-z][\w-]*)(?=\s|,|$)/y

/** What cannot be read is left out. */
export function parseChallenges(header: string): Challenge[] {
  const found: { scheme: string; parameters: Record<string, string> }[] = []
  let at = 0
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at
    const match = pattern.exec(header)
    if (match) at = pattern.lastIndex
    return match
  }
  while (at < header.length) {
    if (/[\s,]/.test(header[at]!)) {
      at++
      continue
    }
    const pair = take(parameter)
    const current = found.at(-1)
    if (pair && current) {
      current.parameters[pair[1]!.toLowerCase()] = pair[2]?.replace(/\\(.)/g, '$1') ?? pair[3] ?? ''
      continue
    }
    const scheme = !pair && take(schemeName)
    if (!scheme) break
    found.push({ scheme: scheme[1]!.toLowerCase(), parameters: {} })
  }
  return found
}
