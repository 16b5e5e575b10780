/** Paths such as `.spec.names['a.b']`, as rules and selectable fields of a definition name a place in its schema. */
import { additionalOf, type JsonSchema, propertyOf } from './json-schema.js'

interface FoundField {
  /** Names that lead to the field. */
  steps: readonly string[]
  schema: JsonSchema | undefined
}

const tokens = /'(?:[^'\\]|\\.)*'?|[.[\]]|[^.[\]]+/g
const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  "'": "'",
  '\\': '\\',
}

function unquote(token: string): string {
  if (token.length < 2 || !token.startsWith("'") || !token.endsWith("'"))
    throw new Error(`expected single quoted string but got ${token}`)
  return token.slice(1, -1).replace(/\\(.)/g, (whole, letter: string) => {
    const found = escapes[letter]
    if (found === undefined) throw new Error(`invalid string literal: invalid escape char ${whole}`)
    return found
  })
}

/** Steps from a schema to one of its fields. */
class Walk {
  readonly steps: string[] = []

  constructor(public schema: JsonSchema | undefined) {}

  take(name: string): void {
    const { schema } = this
    if (!schema || (!schema.properties && schema.additionalProperties === undefined))
      throw new Error('does not refer to a valid field')
    const next = schema.properties ? propertyOf(schema, name) : additionalOf(schema)
    if (schema.properties && !next) throw new Error('does not refer to a valid field')
    this.schema = next
    this.steps.push(name)
  }
}

/** Throws an Error with upstream's words for a path that cannot be read, or that leads nowhere. */
export function findFieldPath(path: string, schema: JsonSchema | undefined, { arrayNotation = true } = {}): FoundField {
  const walk = new Walk(schema)
  const rest = path.match(tokens) ?? []
  const next = () => {
    const token = rest.shift()
    if (token === undefined) throw new Error('unexpected end of JSON path')
    return token
  }
  while (rest.length) {
    const token = next()
    if (token === '.') walk.take(next())
    else if (token !== '[') throw new Error(`expected [ or . but got: ${token}`)
    else {
      if (!arrayNotation) throw new Error('array notation is not allowed')
      walk.take(unquote(next()))
      const end = next()
      if (end !== ']') throw new Error(`expected ] but got ${end}`)
    }
  }
  return { steps: walk.steps, schema: walk.schema }
}
