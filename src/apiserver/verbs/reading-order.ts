/** Sorts errors about fields by where the fields stand in the document, as a decoder that reads it once meets them. */

/** Positions of all fields by path, such as `spec.containers[0].name`. */
function positions(value: unknown, path: string, found: Map<string, number>): void {
  if (typeof value !== 'object' || value === null) return
  const isList = Array.isArray(value)
  for (const [key, inner] of Object.entries(value)) {
    const inside = isList ? `${path}[${key}]` : path ? `${path}.${key}` : key
    found.set(inside, found.size)
    positions(inner, inside, found)
  }
}

/** Each message ends in the quoted path of its field: `unknown field "spec.foo"`. */
export function inReadingOrder(document: unknown, messages: readonly string[]): string[] {
  const found = new Map<string, number>()
  positions(document, '', found)
  const place = (message: string): number => {
    const quoted = message.slice(message.indexOf('"'))
    try {
      return found.get(JSON.parse(quoted) as string) ?? Number.POSITIVE_INFINITY
    } catch {
      return Number.POSITIVE_INFINITY
    }
  }
  return [...messages].sort((a, b) => place(a) - place(b) || 0)
}
