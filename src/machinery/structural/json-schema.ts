/** The schema of a custom resource: OpenAPI v3 as a CustomResourceDefinition holds it, and how to step into it. */

/** A rule in CEL, kept as it was written. */
export interface ValidationRule {
  rule: string
  message?: string
  messageExpression?: string
  reason?: string
  fieldPath?: string
  optionalOldSelf?: boolean
}

/** apiextensions' JSONSchemaProps. Structural schemas use it without the fields that upstream forbids there. */
export interface JsonSchema {
  id?: string
  $schema?: string
  $ref?: string
  description?: string
  title?: string
  type?: string
  format?: string
  default?: unknown
  example?: unknown
  nullable?: boolean
  maximum?: number
  exclusiveMaximum?: boolean
  minimum?: number
  exclusiveMinimum?: boolean
  multipleOf?: number
  maxLength?: number
  minLength?: number
  pattern?: string
  maxItems?: number
  minItems?: number
  uniqueItems?: boolean
  maxProperties?: number
  minProperties?: number
  required?: string[]
  enum?: unknown[]
  items?: JsonSchema | JsonSchema[]
  additionalItems?: JsonSchema | boolean
  properties?: Record<string, JsonSchema>
  additionalProperties?: JsonSchema | boolean
  patternProperties?: Record<string, JsonSchema>
  /** Null where something else was sent. */
  dependencies?: Record<string, JsonSchema | string[] | null>
  definitions?: Record<string, JsonSchema>
  externalDocs?: { description?: string; url?: string }
  allOf?: JsonSchema[]
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  not?: JsonSchema
  'x-kubernetes-preserve-unknown-fields'?: boolean
  'x-kubernetes-embedded-resource'?: boolean
  'x-kubernetes-int-or-string'?: boolean
  'x-kubernetes-list-type'?: string
  'x-kubernetes-list-map-keys'?: string[]
  'x-kubernetes-map-type'?: string
  'x-kubernetes-validations'?: ValidationRule[]
}

export type JsonObject = Record<string, unknown>

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Schema of a property that is named; names such as `constructor` are no properties by themselves. */
export const propertyOf = ({ properties }: JsonSchema, name: string): JsonSchema | undefined =>
  properties && Object.hasOwn(properties, name) ? properties[name] : undefined

/** Schema of the elements of a list. */
export const itemsOf = ({ items }: JsonSchema): JsonSchema | undefined => (Array.isArray(items) ? undefined : items)

/** Schema of the properties that are not named. */
export const additionalOf = ({ additionalProperties }: JsonSchema): JsonSchema | undefined =>
  typeof additionalProperties === 'object' ? additionalProperties : undefined

/** Schema of whatever stands in that field. */
export const fieldOf = (schema: JsonSchema, name: string): JsonSchema | undefined =>
  propertyOf(schema, name) ?? additionalOf(schema)

/** Sets a field as JSON has it: `__proto__` is a name like any other. */
export function setField(object: JsonObject, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  else object[name] = value
}

/** Every schema below this one, itself first. `visit` returns true to stop; so does this then. */
export function someSchema(schema: JsonSchema | undefined, visit: (schema: JsonSchema) => boolean): boolean {
  if (!schema) return false
  if (visit(schema)) return true
  const inner = (value: unknown): boolean => isJsonObject(value) && someSchema(value as JsonSchema, visit)
  const all = (values: unknown): boolean => {
    if (Array.isArray(values)) return values.some(inner)
    return isJsonObject(values) && Object.values(values).some(inner)
  }
  const { items, not, additionalProperties, additionalItems } = schema
  return (
    (Array.isArray(items) ? items.some(inner) : inner(items)) ||
    [schema.allOf, schema.anyOf, schema.oneOf].some(all) ||
    inner(not) ||
    all(schema.properties) ||
    inner(additionalProperties) ||
    all(schema.patternProperties) ||
    inner(additionalItems) ||
    all(schema.definitions) ||
    all(schema.dependencies)
  )
}
