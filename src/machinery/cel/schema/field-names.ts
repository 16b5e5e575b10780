/** Names of properties as expressions write them: `a-b` is `a__dash__b`. */

/** Words that CEL keeps for itself. */
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

const escapes: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
}
const unescapes = new Map(Object.entries(escapes).map(([plain, escaped]) => [escaped, plain]))

/** Undefined for a name that no expression can write. */
export function escapeFieldName(name: string): string | undefined {
  if (!name || /^\d/.test(name) || /[^a-zA-Z0-9_./-]/.test(name)) return undefined
  if (reserved.has(name)) return `__${name}__`
  return name.replace(/__|[-./]/g, found => escapes[found]!)
}

/** Undefined where the escapes are none. */
export function unescapeFieldName(escaped: string): string | undefined {
  let valid = true
  const name = escaped.replace(/__[^_]+__/g, found => {
    const plain = unescapes.get(found)
    if (plain !== undefined) return plain
    const word = found.slice(2, -2)
    if (!reserved.has(word) || found.length !== escaped.length) valid = false
    return word
  })
  return valid ? name : undefined
}

/** How a type's field may be written besides its own name: words that CEL keeps for itself need no escape behind a dot. */
export const asKeyword = (name: string): string | undefined => (reserved.has(name) ? `__${name}__` : undefined)
