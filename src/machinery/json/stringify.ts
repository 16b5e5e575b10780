/** Prints JSON, integers beyond 2^53 included. */

function print(value: unknown): string | undefined {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(item => print(item) ?? 'null').join(',')}]`
  if ('toJSON' in value && typeof value.toJSON === 'function') return print(value.toJSON())
  const fields: string[] = []
  for (const key of Object.keys(value)) {
    const field = print((value as Record<string, unknown>)[key])
    if (field !== undefined) fields.push(`${JSON.stringify(key)}:${field}`)
  }
  return `{${fields.join(',')}}`
}

/** As JSON.stringify, and as fast, but a bigint is printed as the number it is. */
export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    // JSON.stringify throws a TypeError at a bigint, and only then does the slow way pay.
    if (error instanceof TypeError) return print(value) ?? 'null'
    throw error
  }
}
