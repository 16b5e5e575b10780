/** What a schema inside of allOf, anyOf, oneOf or not may say: conditions on values, nothing that shapes an object. */
import { type FieldError, forbidden, invalid } from '../field-error.js'
import { additionalOf, itemsOf, type JsonSchema } from './json-schema.js'
import { compilePattern, PatternError } from './pattern.js'

export function* patternErrors({ pattern }: JsonSchema, path: string): Generator<FieldError> {
  if (!pattern) return
  try {
    compilePattern(pattern)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    const why = `must be a valid regular expression, but isn't: ${error.message}`
    yield invalid(`${path}.pattern`, pattern, why)
  }
}

/** Fields that shape an object, with the sentence about them. */
const shaping = [
  ['type', 'must be empty to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
] as const

const isSaid = (schema: JsonSchema, name: (typeof shaping)[number][0]): boolean => {
  const value = schema[name]
  if (name === 'default') return value !== undefined && value !== null
  return Array.isArray(value) ? value.length > 0 : !!value || (name.endsWith('-type') && value !== undefined)
}

function* innerErrors(schema: JsonSchema, path: string): Generator<FieldError> {
  for (const name of ['anyOf', 'allOf', 'oneOf'] as const)
    for (const [i, inner] of (schema[name] ?? []).entries()) yield* nestedErrors(inner, `${path}.${name}[${i}]`)
  if (schema.not) yield* nestedErrors(schema.not, `${path}.not`)
  yield* patternErrors(schema, path)
  const items = itemsOf(schema)
  if (items) yield* nestedErrors(items, `${path}.items`)
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    yield* nestedErrors(property, `${path}.properties[${name}]`)
}

export function* nestedErrors(schema: JsonSchema, path: string): Generator<FieldError> {
  yield* innerErrors(schema, path)
  const additional = additionalOf(schema)
  if (additional || schema.additionalProperties === true)
    yield forbidden(`${path}.additionalProperties`, 'must be undefined to be structural')
  for (const [name, why] of shaping) if (isSaid(schema, name)) yield forbidden(`${path}.${name}`, why)
  if (schema.properties && Object.hasOwn(schema.properties, 'metadata'))
    yield forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context')
}
