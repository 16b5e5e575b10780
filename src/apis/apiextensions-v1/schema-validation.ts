/** Checks of a definition's schema beyond its being structural: upstream's ValidateCustomResourceDefinitionOpenAPISchema. */
import { type FieldError, forbidden, invalid, notSupported } from '../../machinery/field-error.js'
import { additionalOf, itemsOf, type JsonSchema } from '../../machinery/structural/json-schema.js'
import { listTypeRules, mapTypeRules } from './list-type-rules.js'
import { ruleErrors } from './rule-validation.js'

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const typeFields: ReadonlySet<string> = new Set(['metadata', 'kind', 'apiVersion'])

/** Where in the definition a schema stands, as far as that restricts it. */
interface SchemaContext {
  /** What was allowed before stays so: a definition that had such types may keep them. */
  allowsAnyType: boolean
  insideMetadata?: boolean
  /** Why defaults may not be set here. */
  noDefaults?: string
}

const isSet = (value: unknown) =>
  typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : !!value

const unsupported = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const

function* standardErrors(schema: JsonSchema, path: string, context: SchemaContext): Generator<FieldError> {
  const { type } = schema
  if (type && !context.allowsAnyType && !types.includes(type)) yield notSupported(`${path}.type`, type, types)
  if (schema.default !== undefined && context.noDefaults)
    yield forbidden(`${path}.default`, `must not be set ${context.noDefaults}`)
  for (const name of unsupported) {
    const value = schema[name]
    const told =
      name === 'additionalItems' || name === 'dependencies' || name === '$ref' ? value !== undefined : isSet(value)
    if (told) yield forbidden(`${path}.${name}`, `${name} is not supported`)
  }
  if (type === 'null') yield forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative')
  if (Array.isArray(schema.items) && schema.items.length)
    yield forbidden(`${path}.items`, 'items must be a schema object and not an array')
  if (context.insideMetadata && schema['x-kubernetes-embedded-resource'])
    yield forbidden(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta')
  if (schema.uniqueItems)
    yield forbidden(
      `${path}.uniqueItems`,
      'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
    )
}

function* additionalErrors(schema: JsonSchema, path: string, context: SchemaContext): Generator<FieldError> {
  const { additionalProperties } = schema
  if (additionalProperties === undefined) return
  if (Object.keys(schema.properties ?? {}).length && additionalProperties !== true)
    yield forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive')
  const noDefaults = 'inside additionalProperties applying to object metadata'
  const inner = additionalOf(schema)
  if (inner)
    yield* schemaErrors(
      inner,
      `${path}.additionalProperties`,
      context.insideMetadata ? { ...context, noDefaults } : context,
    )
}

function* propertyErrors(schema: JsonSchema, path: string, context: SchemaContext, isRoot: boolean) {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isMeta = (isRoot || schema['x-kubernetes-embedded-resource']) && typeFields.has(name)
    const inner: SchemaContext = isMeta
      ? { ...context, insideMetadata: true, ...(isRoot && { noDefaults: `in top-level ${name}` }) }
      : context
    yield* schemaErrors(property, `${path}.properties[${name}]`, inner)
  }
}

function* innerErrors(schema: JsonSchema, path: string, context: SchemaContext): Generator<FieldError> {
  if (schema.not) yield* schemaErrors(schema.not, `${path}.not`, context)
  for (const name of ['allOf', 'oneOf', 'anyOf'] as const)
    for (const [i, inner] of (schema[name] ?? []).entries())
      yield* schemaErrors(inner, `${path}.${name}[${i}]`, context)
  for (const [name, inner] of Object.entries(schema.definitions ?? {}))
    yield* schemaErrors(inner, `${path}.definitions[${name}]`, context)
  const items = itemsOf(schema)
  if (items) yield* schemaErrors(items, `${path}.items`, context)
  if (Array.isArray(schema.items))
    for (const [i, inner] of schema.items.entries()) yield* schemaErrors(inner, `${path}.items[${i}]`, context)
  for (const [name, inner] of Object.entries(schema.dependencies ?? {}))
    if (!Array.isArray(inner)) yield* schemaErrors(inner, `${path}.dependencies[${name}]`, context)
}

function* preserveErrors(schema: JsonSchema, path: string): Generator<FieldError> {
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    yield invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined')
}

export function* schemaErrors(
  schema: JsonSchema,
  path: string,
  context: SchemaContext,
  isRoot = false,
): Generator<FieldError> {
  yield* standardErrors(schema, path, context)
  yield* additionalErrors(schema, path, context)
  yield* propertyErrors(schema, path, context, isRoot)
  yield* innerErrors(schema, path, context)
  yield* preserveErrors(schema, path)
  yield* mapTypeRules(schema, path)
  yield* listTypeRules(schema, path)
  yield* ruleErrors(schema, path)
}
