/** The shape of a configuration file: fields that are not in it, and values of another type, are told by path. */

/** `[shape]` is a list of such. */
export type Shape = 'string' | 'number' | 'boolean' | 'any' | readonly [Shape] | { readonly [field: string]: Shape }

const nameOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value)

/** What is wrong with the value, by path; nothing of what is absent or null. */
export function* misfits(value: unknown, shape: Shape, path: string): Generator<string> {
  if (value === undefined || value === null || shape === 'any') return
  if (typeof shape === 'string') {
    if (nameOf(value) !== shape) yield `${path}: expected a ${shape}, got ${nameOf(value)}`
    else if (shape === 'number' && !Number.isInteger(value)) yield `${path}: expected a whole number`
    return
  }
  const isList = Array.isArray(shape)
  if (Array.isArray(value) !== isList || typeof value !== 'object') {
    yield `${path || 'the document'}: expected ${isList ? 'a list' : 'an object'}, got ${nameOf(value)}`
    return
  }
  if (isList) {
    for (const [i, each] of (value as unknown[]).entries()) yield* misfits(each, (shape as [Shape])[0], `${path}[${i}]`)
    return
  }
  const fields = shape as { readonly [field: string]: Shape }
  for (const [field, each] of Object.entries(value)) {
    const at = path ? `${path}.${field}` : field
    if (Object.hasOwn(fields, field)) yield* misfits(each, fields[field] as Shape, at)
    else yield `unknown field ${JSON.stringify(at)}`
  }
}
