/** Prints JSON, integers beyond 2^53 included. */

type Print = (value: unknown, margin: string) => string | undefined

/** `{` and `}` around the parts, each on a line of its own where `indent` is not empty. */
function wrap(brackets: string, parts: readonly string[], margin: string, indent: string): string {
  const [open, close] = brackets
  if (!indent || !parts.length) return `${open}${parts.join(',')}${close}`
  const inner = `\n${margin}${indent}`
  return `${open}${inner}${parts.join(`,${inner}`)}\n${margin}${close}`
}

function newPrint(indent: string): Print {
  const colon = indent ? ': ' : ':'
  const print: Print = (value, margin) => {
    if (typeof value === 'bigint') return String(value)
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    const inner = margin + indent
    if (Array.isArray(value)) {
      const items = value.map(item => print(item, inner) ?? 'null')
      return wrap('[]', items, margin, indent)
    }
    if ('toJSON' in value && typeof value.toJSON === 'function') return print(value.toJSON(), margin)
    const fields: string[] = []
    for (const key of Object.keys(value)) {
      const field = print((value as Record<string, unknown>)[key], inner)
      if (field !== undefined) fields.push(JSON.stringify(key) + colon + field)
    }
    return wrap('{}', fields, margin, indent)
  }
  return print
}

/** As JSON.stringify, and as fast, but a bigint is printed as the number it is. `indent` is a number of blanks. */
export function stringifyJson(value: unknown, indent = 0): string {
  try {
    return JSON.stringify(value, null, indent)
  } catch (error) {
    // JSON.stringify throws a TypeError at a bigint, and only then does the slow way pay.
    if (error instanceof TypeError) return newPrint(' '.repeat(indent))(value, '') ?? 'null'
    throw error
  }
}
