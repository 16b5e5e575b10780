/** Whatever allOf, anyOf, oneOf and not speak of has to be there outside of them. */
import { type FieldError, required } from '../field-error.js'
import { itemsOf, type JsonSchema, propertyOf } from './json-schema.js'

/** The same place in the schema proper and in the condition on it. */
interface Paths {
  schema: string
  condition: string
}

const child = ({ schema, condition }: Paths, name: string): Paths => ({
  schema: `${schema}.${name}`,
  condition: `${condition}.${name}`,
})

function* alternatives(condition: JsonSchema, schema: JsonSchema, paths: Paths): Generator<FieldError> {
  const at = (name: string) => ({ schema: paths.schema, condition: `${paths.condition}.${name}` })
  if (condition.not) yield* conditionErrors(condition.not, schema, at('not'))
  for (const name of ['allOf', 'anyOf', 'oneOf'] as const)
    for (const [i, inner] of (condition[name] ?? []).entries())
      yield* conditionErrors(inner, schema, at(`${name}[${i}]`))
}

function* conditionErrors(condition: JsonSchema, schema: JsonSchema | undefined, paths: Paths): Generator<FieldError> {
  if (!schema) {
    yield required(paths.schema, `because it is defined in ${paths.condition}`)
    return
  }
  yield* alternatives(condition, schema, paths)
  const items = itemsOf(condition)
  if (items) yield* conditionErrors(items, itemsOf(schema), child(paths, 'items'))
  for (const [name, property] of Object.entries(condition.properties ?? {}))
    yield* conditionErrors(property, propertyOf(schema, name), child(paths, `properties[${name}]`))
}

export function* completenessErrors(schema: JsonSchema, path: string): Generator<FieldError> {
  yield* alternatives(schema, schema, { schema: path, condition: path })
}
