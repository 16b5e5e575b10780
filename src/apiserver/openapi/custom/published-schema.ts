/** The schema of a custom resource as OpenAPI publishes it. */
import type { AnyKind } from '../../../machinery/kind.js'
import { deepEqualJson } from '../../../machinery/structural/correlation.js'
import type { JsonSchema } from '../../../machinery/structural/json-schema.js'
import { structuralErrors, unreadableSchema } from '../../../machinery/structural/structural-errors.js'
import { schemaForV2 } from './schema-for-v2.js'

export type Json = Record<string, unknown>
export type OpenApiVersion = 2 | 3

const metaPackage = 'io.k8s.apimachinery.pkg.apis.meta.v1'
export const metaName = (type: string) => `${metaPackage}.${type}`

export const referenceTo = (name: string, version: OpenApiVersion) =>
  `#/${version === 2 ? 'definitions' : 'components/schemas'}/${name}`

const conventions = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md'

/** A described reference: OpenAPI v3 knows no siblings of `$ref`. */
function described(type: string, description: string, version: OpenApiVersion): Json {
  const $ref = referenceTo(metaName(type), version)
  return version === 2 ? { description, $ref } : { description, allOf: [{ $ref }] }
}

const metadata = (version: OpenApiVersion) =>
  described('ObjectMeta', `Standard object's metadata. More info: ${conventions}#metadata`, version)

const typeMeta = {
  apiVersion: {
    description: `APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: ${conventions}#resources`,
    type: 'string',
  },
  kind: {
    description: `Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: ${conventions}#types-kinds`,
    type: 'string',
  },
}

const embeddedTypeMeta = {
  apiVersion: {
    description: `apiVersion defines the versioned schema of this representation of an object. More info: ${conventions}#resources`,
    type: 'string',
  },
  kind: {
    description: `kind is a string value representing the type of this object. In CamelCase. More info: ${conventions}#types-kinds`,
    type: 'string',
  },
}

const mapValues = (record: Record<string, JsonSchema>, change: (schema: JsonSchema) => JsonSchema) =>
  Object.fromEntries(Object.entries(record).map(([name, schema]) => [name, change(schema)]))

/** Applies `change` to every schema that shapes an object, the inner ones first. */
function mapSchema(schema: JsonSchema, change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  const { items, properties, additionalProperties } = schema
  const inner = (one: JsonSchema) => mapSchema(one, change)
  return change({
    ...schema,
    ...(items && { items: Array.isArray(items) ? items.map(inner) : inner(items) }),
    ...(properties && { properties: mapValues(properties, inner) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: inner(additionalProperties) }),
  })
}

/** What x-kubernetes-int-or-string stands for. */
function unfold(schema: JsonSchema): JsonSchema {
  if (!schema['x-kubernetes-int-or-string']) return schema
  const either = [{ type: 'integer' }, { type: 'string' }]
  const isPattern = (one: JsonSchema | undefined) => deepEqualJson(one?.anyOf, either)
  if (isPattern(schema) || isPattern(schema.allOf?.[0])) return schema
  if (!schema.anyOf) return { ...schema, anyOf: either }
  return { ...schema, allOf: [{ anyOf: either }, ...(schema.allOf ?? [])] }
}

const withEmbedded =
  (version: OpenApiVersion) =>
  (schema: JsonSchema): JsonSchema => {
    if (!schema['x-kubernetes-embedded-resource']) return schema
    if (version === 2 && schema['x-kubernetes-preserve-unknown-fields']) return schema
    const required = schema.required ?? []
    const missing = ['kind', 'apiVersion'].filter(name => !required.includes(name))
    const properties = { ...schema.properties, ...embeddedTypeMeta, metadata: metadata(version) as JsonSchema }
    return { ...schema, properties, required: [...required, ...missing] }
  }

const isPublishable = (schema: JsonSchema) => !unreadableSchema(schema) && structuralErrors(schema, '').length === 0

/** As a definition of OpenAPI; the pattern engine must have been loaded. */
export function publishedSchema(kind: AnyKind, version: OpenApiVersion): Json {
  const { group, custom } = kind
  const given = custom!.schema
  const gvk = { 'x-kubernetes-group-version-kind': [{ group, kind: kind.kind, version: kind.version }] }
  const fields = Object.keys(kind.selectableFields ?? {}).map(fieldPath => ({ fieldPath }))
  const extensions = { ...gvk, ...(fields.length && { 'x-kubernetes-selectable-fields': fields }) }
  const opaque = version === 2 && given['x-kubernetes-preserve-unknown-fields']
  if (!given.type || opaque || !isPublishable(given)) return { type: 'object', ...extensions }
  const unfolded = mapSchema(given, unfold)
  const shaped = version === 2 ? schemaForV2(unfolded, mapSchema) : unfolded
  const schema = mapSchema(shaped, withEmbedded(version)) as Json
  return {
    ...schema,
    properties: { ...(schema.properties as Json), ...typeMeta, metadata: metadata(version) },
    ...extensions,
  }
}

export function publishedList(kind: AnyKind, itemName: string, version: OpenApiVersion): Json {
  const { group, listKind, names } = kind
  const fields = Object.keys(kind.selectableFields ?? {}).map(fieldPath => ({ fieldPath }))
  return {
    description: `${listKind} is a list of ${kind.kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: typeMeta.apiVersion,
      items: {
        description: `List of ${names.plural}. More info: ${conventions}`,
        type: 'array',
        items: { $ref: referenceTo(itemName, version) },
      },
      kind: typeMeta.kind,
      metadata: described('ListMeta', `Standard list metadata. More info: ${conventions}#types-kinds`, version),
    },
    'x-kubernetes-group-version-kind': [{ group, kind: listKind, version: kind.version }],
    ...(fields.length && { 'x-kubernetes-selectable-fields': fields }),
  }
}
