/** Schemas and versions as upstream's errors show them: its internal types, every field by its Go name. */
import { givenEmpty } from '../../machinery/schema/given-empty.js'
import { isJsonObject, type JsonSchema, type ValidationRule } from '../../machinery/structural/json-schema.js'
import type { CustomResourceDefinitionVersion } from '../generated/apiextensions-v1.js'

/** JSON name, Go name, and Go's zero value where that is not null. */
const schemaFields: readonly (readonly [name: keyof JsonSchema, goName: string, zero?: unknown])[] = [
  ['id', 'ID', ''],
  ['$schema', 'Schema', ''],
  ['$ref', 'Ref'],
  ['description', 'Description', ''],
  ['type', 'Type', ''],
  ['nullable', 'Nullable', false],
  ['format', 'Format', ''],
  ['title', 'Title', ''],
  ['default', 'Default'],
  ['maximum', 'Maximum'],
  ['exclusiveMaximum', 'ExclusiveMaximum', false],
  ['minimum', 'Minimum'],
  ['exclusiveMinimum', 'ExclusiveMinimum', false],
  ['maxLength', 'MaxLength'],
  ['minLength', 'MinLength'],
  ['pattern', 'Pattern', ''],
  ['maxItems', 'MaxItems'],
  ['minItems', 'MinItems'],
  ['uniqueItems', 'UniqueItems', false],
  ['multipleOf', 'MultipleOf'],
  ['enum', 'Enum'],
  ['maxProperties', 'MaxProperties'],
  ['minProperties', 'MinProperties'],
  ['required', 'Required'],
  ['items', 'Items'],
  ['allOf', 'AllOf'],
  ['oneOf', 'OneOf'],
  ['anyOf', 'AnyOf'],
  ['not', 'Not'],
  ['properties', 'Properties'],
  ['additionalProperties', 'AdditionalProperties'],
  ['patternProperties', 'PatternProperties'],
  ['dependencies', 'Dependencies'],
  ['additionalItems', 'AdditionalItems'],
  ['definitions', 'Definitions'],
  ['externalDocs', 'ExternalDocs'],
  ['example', 'Example'],
  ['x-kubernetes-preserve-unknown-fields', 'XPreserveUnknownFields'],
  ['x-kubernetes-embedded-resource', 'XEmbeddedResource', false],
  ['x-kubernetes-int-or-string', 'XIntOrString', false],
  ['x-kubernetes-list-map-keys', 'XListMapKeys'],
  ['x-kubernetes-list-type', 'XListType'],
  ['x-kubernetes-map-type', 'XMapType'],
  ['x-kubernetes-validations', 'XValidations'],
]

const goRule = ({ rule, message, messageExpression, reason, fieldPath, optionalOldSelf }: ValidationRule) => ({
  Rule: rule ?? '',
  Message: message ?? '',
  MessageExpression: messageExpression ?? '',
  Reason: reason ?? null,
  FieldPath: fieldPath ?? '',
  OptionalOldSelf: optionalOldSelf ?? null,
})

const lists: ReadonlySet<string> = new Set(['allOf', 'oneOf', 'anyOf'])
const maps: ReadonlySet<string> = new Set(['properties', 'patternProperties', 'definitions'])

function goField(name: string, value: unknown): unknown {
  if (lists.has(name)) return (value as JsonSchema[]).map(goSchema)
  if (maps.has(name))
    return Object.fromEntries(Object.entries(value as Record<string, JsonSchema>).map(([k, v]) => [k, goSchema(v)]))
  if (name === 'x-kubernetes-validations') return (value as ValidationRule[]).map(goRule)
  if (name === 'not') return goSchema(value as JsonSchema)
  if (name === 'items')
    return Array.isArray(value)
      ? { Schema: null, JSONSchemas: value.map(goSchema) }
      : { Schema: goSchema(value as JsonSchema), JSONSchemas: null }
  if (name === 'additionalProperties' || name === 'additionalItems')
    return isJsonObject(value)
      ? { Allows: true, Schema: goSchema(value as JsonSchema) }
      : { Allows: value, Schema: null }
  if (name === 'dependencies')
    return Object.fromEntries(
      Object.entries(value as NonNullable<JsonSchema['dependencies']>).map(([k, v]) => [
        k,
        Array.isArray(v) ? { Schema: null, Property: v } : { Schema: v && goSchema(v), Property: null },
      ]),
    )
  if (name === 'externalDocs') {
    const { description = '', url = '' } = value as { description?: string; url?: string }
    return { Description: description, URL: url }
  }
  return value
}

export const goSchema = (schema: JsonSchema): Record<string, unknown> =>
  Object.fromEntries(
    schemaFields.map(([name, goName, zero = null]) => {
      const value = schema[name] ?? givenEmpty(schema, name)
      return [goName, value === undefined ? zero : goField(name, value)]
    }),
  )

/** JSON names of the fields that a schema sets, in Go's order. */
export const setFields = (schema: JsonSchema): { name: keyof JsonSchema; goName: string }[] =>
  schemaFields
    .filter(([name, , zero]) => {
      const value = schema[name] ?? givenEmpty(schema, name)
      return value !== undefined && value !== zero
    })
    .map(([name, goName]) => ({ name, goName }))

export const goVersion = (version: CustomResourceDefinitionVersion): Record<string, unknown> => {
  const { openAPIV3Schema } = version.schema ?? {}
  const columns = version.additionalPrinterColumns?.map(c => ({
    Name: c.name,
    Type: c.type,
    Format: c.format ?? '',
    Description: c.description ?? '',
    Priority: c.priority ?? 0,
    JSONPath: c.jsonPath,
  }))
  const { status, scale } = version.subresources ?? {}
  const goScale = scale && {
    SpecReplicasPath: scale.specReplicasPath,
    StatusReplicasPath: scale.statusReplicasPath,
    LabelSelectorPath: scale.labelSelectorPath ?? null,
  }
  return {
    Name: version.name,
    Served: version.served ?? false,
    Storage: version.storage ?? false,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: version.schema
      ? { OpenAPIV3Schema: openAPIV3Schema ? goSchema(openAPIV3Schema as JsonSchema) : null }
      : null,
    Subresources: version.subresources ? { Status: status ?? null, Scale: goScale ?? null } : null,
    AdditionalPrinterColumns: columns ?? null,
    SelectableFields: version.selectableFields?.map(({ jsonPath }) => ({ JSONPath: jsonPath })) ?? null,
  }
}
