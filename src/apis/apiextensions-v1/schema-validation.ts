/** Checks of a definition's schema beyond its being structural: upstream's ValidateCustomResourceDefinitionOpenAPISchema. */
import { type FieldError, forbidden, invalid, notSupported } from '../../machinery/field-error.js'
import { givenEmpty } from '../../machinery/schema/given-empty.js'
import { additionalOf, itemsOf, type JsonSchema } from '../../machinery/structural/json-schema.js'
import { listTypeRules, mapTypeRules } from './list-type-rules.js'
import { expressionErrors, type RuleSurroundings } from './rule-expressions.js'
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
  /** Undefined where rules are not looked at. */
  rules?: RuleSurroundings | undefined
  /** Takes errors of expressions: they are told after all others. */
  expressionErrors: FieldError[]
}

/** For a schema inside of another. */
function inside(context: SchemaContext, step: (rules: RuleSurroundings) => Partial<RuleSurroundings>): SchemaContext {
  const { rules } = context
  return rules ? { ...context, rules: { ...rules, ...step(rules) } } : context
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
      name === 'additionalItems' || name === 'dependencies' || name === '$ref'
        ? (value ?? givenEmpty(schema, name)) !== undefined
        : isSet(value)
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
  const additional = additionalOf(schema)
  if (!additional) return
  const inner = inside(context, ({ context: rules }) => ({ context: rules.element(additional) }))
  yield* schemaErrors(
    additional,
    `${path}.additionalProperties`,
    context.insideMetadata ? { ...inner, noDefaults } : inner,
  )
}

function* propertyErrors(schema: JsonSchema, path: string, surrounding: SchemaContext, isRoot: boolean) {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isMeta = (isRoot || schema['x-kubernetes-embedded-resource']) && typeFields.has(name)
    const context = inside(surrounding, ({ context: rules }) => ({ context: rules.property(property, name) }))
    const inner: SchemaContext = isMeta
      ? { ...context, insideMetadata: true, ...(isRoot && { noDefaults: `in top-level ${name}` }) }
      : context
    yield* schemaErrors(property, `${path}.properties[${name}]`, inner)
  }
}

function* itemErrors(schema: JsonSchema, path: string, context: SchemaContext): Generator<FieldError> {
  const items = itemsOf(schema)
  if (!items) return
  const isMap = schema['x-kubernetes-list-type'] === 'map'
  const inner = inside(context, ({ context: rules, uncorrelatable = path }) => ({
    context: rules.element(items),
    ...(!isMap && { uncorrelatable }),
  }))
  yield* schemaErrors(items, `${path}.items`, inner)
}

/** Conditions on values: rules have no place there. */
function* innerErrors(schema: JsonSchema, path: string, surrounding: SchemaContext): Generator<FieldError> {
  const context = { ...surrounding, rules: undefined }
  if (schema.not) yield* schemaErrors(schema.not, `${path}.not`, context)
  for (const name of ['allOf', 'oneOf', 'anyOf'] as const)
    for (const [i, inner] of (schema[name] ?? []).entries())
      yield* schemaErrors(inner, `${path}.${name}[${i}]`, context)
  for (const [name, inner] of Object.entries(schema.definitions ?? {}))
    yield* schemaErrors(inner, `${path}.definitions[${name}]`, context)
  yield* itemErrors(schema, path, surrounding)
  if (Array.isArray(schema.items))
    for (const [i, inner] of schema.items.entries()) yield* schemaErrors(inner, `${path}.items[${i}]`, context)
  for (const [name, inner] of Object.entries(schema.dependencies ?? {}))
    if (inner && !Array.isArray(inner)) yield* schemaErrors(inner, `${path}.dependencies[${name}]`, context)
}

function* preserveErrors(schema: JsonSchema, path: string): Generator<FieldError> {
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    yield invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined')
}

function* ownErrors(schema: JsonSchema, path: string, context: SchemaContext, isRoot: boolean): Generator<FieldError> {
  yield* standardErrors(schema, path, context)
  yield* additionalErrors(schema, path, context)
  yield* propertyErrors(schema, path, context, isRoot)
  yield* innerErrors(schema, path, context)
  yield* preserveErrors(schema, path)
  yield* mapTypeRules(schema, path)
  yield* listTypeRules(schema, path)
  yield* ruleErrors(schema, path)
}

/** Expressions are looked at where nothing else is wrong, at the schema or below. */
export function schemaErrors(schema: JsonSchema, path: string, context: SchemaContext, isRoot = false): FieldError[] {
  const errors = [...ownErrors(schema, path, context, isRoot)]
  if (context.rules && !errors.length) context.expressionErrors.push(...expressionErrors(schema, path, context.rules))
  return errors
}
