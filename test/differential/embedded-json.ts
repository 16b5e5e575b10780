/** Messages quote objects as JSON: their keys are put in order, since that says nothing. */

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]))
}

/** End of the object that begins at `start`, or -1. */
function endOf(text: string, start: number): number {
  let depth = 0
  let quoted = false
  for (let i = start; i < text.length; i++) {
    const c = text[i]
    if (c === '\\') i++
    else if (c === '"') quoted = !quoted
    else if (!quoted && c === '{') depth++
    else if (!quoted && c === '}' && --depth === 0) return i + 1
  }
  return -1
}

function reorder(json: string): string | undefined {
  try {
    return JSON.stringify(sorted(JSON.parse(json)))
  } catch {
    return undefined
  }
}

/** Go's `%q` of an object, as in `Invalid value: "{\"a\":1}"`. */
const quotedObject = /"(\{(?:[^"\\]|\\.)*\})"/g

/** Text without an object in it stays as it is. */
export function sortEmbedded(text: string): string {
  const unquoted = text.replace(quotedObject, (all, inner: string) => {
    try {
      const json = reorder(JSON.parse(`"${inner}"`))
      return json ? JSON.stringify(json) : all
    } catch {
      return all
    }
  })
  return sortPlain(unquoted)
}

/** One object after the other. */
function sortPlain(text: string): string {
  const start = text.indexOf('{"')
  const end = start < 0 ? -1 : endOf(text, start)
  if (end < 0) return text
  return text.slice(0, start) + (reorder(text.slice(start, end)) ?? text.slice(start, end)) + sortPlain(text.slice(end))
}
