/** Whether a schema is structural: everything that prunes and defaults stands outside of allOf, anyOf, oneOf and not. */
import { type FieldError, forbidden, invalid, required } from '../field-error.js'
import { completenessErrors } from './completeness.js'
import { deepEqualJson } from './correlation.js'
import { additionalOf, itemsOf, type JsonSchema, propertyOf } from './json-schema.js'
import { nestedErrors, patternErrors } from './nested-errors.js'

type Level = 'root' | 'item' | 'field'

const levelNames = { item: 'specified array items', field: 'specified object fields' } as const

/** The form in which x-kubernetes-int-or-string may say so a second time. */
const intOrString: JsonSchema[] = [{ type: 'integer' }, { type: 'string' }]

const isIntOrStringPattern = (schema: JsonSchema | undefined) => deepEqualJson(schema?.anyOf, intOrString)

const isEmbedded = (schema: JsonSchema) => schema['x-kubernetes-embedded-resource'] === true
const preserves = (schema: JsonSchema) => schema['x-kubernetes-preserve-unknown-fields'] === true

function* typeErrors(schema: JsonSchema, level: Level, path: string): Generator<FieldError> {
  const { type } = schema
  if (isEmbedded(schema) && type !== 'object') {
    const why = 'must be object if x-kubernetes-embedded-resource is true'
    yield type ? invalid(`${path}.type`, type, why) : required(`${path}.type`, why)
  } else if (!type && !schema['x-kubernetes-int-or-string'] && !preserves(schema)) {
    const why = level === 'root' ? 'must not be empty at the root' : `must not be empty for ${levelNames[level]}`
    yield required(`${path}.type`, why)
  }
  if (level === 'root' && type && type !== 'object') yield invalid(`${path}.type`, type, 'must be object at the root')
}

function* extensionErrors(schema: JsonSchema, path: string): Generator<FieldError> {
  if (!schema['x-kubernetes-int-or-string']) return
  const why = 'must be false if x-kubernetes-int-or-string is true'
  if (preserves(schema)) yield invalid(`${path}.x-kubernetes-preserve-unknown-fields`, true, why)
  if (isEmbedded(schema)) yield invalid(`${path}.x-kubernetes-embedded-resource`, true, why)
}

/** At the root, metadata may only say something of name and generateName. */
function saysMore(metadata: JsonSchema): boolean {
  const { type: _type, default: _default, properties = {}, ...rest } = metadata
  const others = Object.keys(properties).filter(name => name !== 'name' && name !== 'generateName')
  return others.length > 0 || Object.keys(rest).length > 0
}

function* resourceFieldErrors(schema: JsonSchema, level: Level, path: string): Generator<FieldError> {
  const isResource = level === 'root' || isEmbedded(schema)
  for (const name of ['kind', 'apiVersion']) {
    const property = propertyOf(schema, name)
    if (property && isResource && property.type !== 'string')
      yield invalid(`${path}.properties[${name}].type`, property.type ?? '', 'must be string')
  }
  const metadata = propertyOf(schema, 'metadata')
  if (!metadata) return
  const at = `${path}.properties[metadata]`
  if (isResource && metadata.type !== 'object') yield invalid(`${at}.type`, metadata.type ?? '', 'must be object')
  const why = 'must not specify anything other than name and generateName, but metadata is implicitly specified'
  if (level === 'root' && saysMore(metadata)) yield forbidden(at, why)
}

function* embeddedErrors(schema: JsonSchema, path: string): Generator<FieldError> {
  if (!isEmbedded(schema)) return
  if (schema.additionalProperties !== undefined)
    yield forbidden(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set')
  if (!preserves(schema) && !Object.keys(schema.properties ?? {}).length) {
    const why =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'
    yield required(`${path}.properties`, why)
  }
}

/** Of the alternatives: what they say beyond values. */
function* alternativeErrors(schema: JsonSchema, path: string): Generator<FieldError> {
  const skipAny = isIntOrStringPattern(schema)
  const { anyOf = [], allOf = [], oneOf = [], not } = schema
  if (!skipAny) for (const [i, inner] of anyOf.entries()) yield* nestedErrors(inner, `${path}.anyOf[${i}]`)
  for (const [i, inner] of allOf.entries()) {
    const isPattern = i === 0 && isIntOrStringPattern(inner)
    yield* nestedErrors(isPattern ? { ...inner, anyOf: [] } : inner, `${path}.allOf[${i}]`)
  }
  for (const [i, inner] of oneOf.entries()) yield* nestedErrors(inner, `${path}.oneOf[${i}]`)
  if (not) yield* nestedErrors(not, `${path}.not`)
}

function* invariantErrors(schema: JsonSchema, level: Level, path: string): Generator<FieldError> {
  const items = itemsOf(schema)
  if (schema.type === 'array' && !items) yield required(`${path}.items`, 'must be specified')
  if (items) yield* invariantErrors(items, 'item', `${path}.items`)
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    yield* invariantErrors(property, 'field', `${path}.properties[${name}]`)
  if (schema.additionalProperties !== undefined && level === 'root')
    yield forbidden(`${path}.additionalProperties`, 'must not be used at the root')
  const additional = additionalOf(schema)
  if (additional) yield* invariantErrors(additional, 'field', `${path}.additionalProperties`)
  yield* extensionErrors(schema, path)
  yield* alternativeErrors(schema, path)
  yield* patternErrors(schema, path)
  yield* typeErrors(schema, level, path)
  yield* resourceFieldErrors(schema, level, path)
  yield* embeddedErrors(schema, path)
}

const textOf = ({ field, message }: FieldError) => `${field}: ${message}`

/** Sorted by their text, as upstream has them. The pattern engine must have been loaded. */
export function structuralErrors(schema: JsonSchema, path: string): FieldError[] {
  const errors = [...invariantErrors(schema, 'root', path), ...completenessErrors(schema, path)]
  return errors.sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1))
}

const unsupported = [
  'id',
  '$schema',
  '$ref',
  'patternProperties',
  'dependencies',
  'additionalItems',
  'definitions',
] as const

/** Why a schema cannot be read as a structural one at all; undefined when it can. */
export function unreadableSchema(schema: JsonSchema): string | undefined {
  const found = unsupported.find(name => {
    const value = schema[name]
    return typeof value === 'object' ? Object.keys(value).length > 0 || name === 'additionalItems' : value
  })
  if (found) return `OpenAPIV3Schema '${found === '$schema' ? 'schema' : found}' is not supported`
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined"
  if (Array.isArray(schema.items)) return "OpenAPIV3Schema 'items' must be a schema, but is an array"
  const inner = [
    schema.not,
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    itemsOf(schema),
    ...Object.values(schema.properties ?? {}),
    additionalOf(schema),
  ]
  for (const next of inner) {
    const why = next && unreadableSchema(next)
    if (why) return why
  }
  return undefined
}
