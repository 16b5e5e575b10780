/** Types that a schema declares to expressions, with how large their values can be: upstream's DeclType. */
import { itemsOf, type JsonSchema } from '../../structural/json-schema.js'
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  stringType,
  timestampType,
} from '../types.js'
import { escapeFieldName } from './field-names.js'

/** Sizes are of JSON, in bytes, unless they count elements. */
interface Sized {
  /** Most elements of a list, entries of a map, characters of a text; 0 where nobody asks. */
  readonly maxElements: number
  /** The fewest bytes that a value takes. */
  readonly minSize: number
}

export type DeclaredType = Sized &
  (
    | { readonly kind: 'scalar'; readonly type: CelType }
    | { readonly kind: 'list' | 'map'; readonly element: DeclaredType }
    /** By escaped names. */
    | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, DeclaredType> }
  )

/** Upstream's figure: no request is larger. */
export const maxRequestBytes = 3 * 1024 * 1024

const scalar = (type: CelType, minSize: number, maxElements = 0): DeclaredType => ({
  kind: 'scalar',
  type,
  minSize,
  maxElements,
})

/** The key of every map. */
export const keyType = scalar(stringType, 2)

const positive = (value: number) => Math.max(0, value)
/** A character takes up to four bytes. */
const bytesOf = (maxLength: number) => positive(maxLength) * 4
const longestText = maxRequestBytes - 2

const longestChoice = (values: readonly unknown[]) =>
  Math.max(0, ...values.map(value => (typeof value === 'string' ? Buffer.byteLength(value) : 0)))

function textType({ format, maxLength, enum: choices }: JsonSchema): DeclaredType {
  switch (format) {
    case 'byte':
      return scalar(bytesType, 2, maxLength === undefined ? longestText : positive(maxLength))
    case 'duration':
      return scalar(durationType, 3, 32)
    case 'date':
      return scalar(timestampType, 12, 12)
    case 'date-time':
      return scalar(timestampType, 21, 32)
  }
  if (maxLength !== undefined) return scalar(stringType, 2, bytesOf(maxLength))
  return scalar(stringType, 2, choices?.length ? longestChoice(choices) : longestText)
}

const text: JsonSchema = { type: 'string' }
const metadata: JsonSchema = { type: 'object', properties: { name: text, generateName: text } }

/** A resource as expressions see it: its type and names are always there, and nothing else of metadata unless the schema says so. */
export function withTypeAndMetadata(schema: JsonSchema): JsonSchema {
  const { kind, apiVersion, metadata: own } = schema.properties ?? {}
  const names = own?.type === 'object' ? own.properties : undefined
  const told = [kind, apiVersion, names?.name, names?.generateName].every(property => property?.type === 'string')
  return told ? schema : { ...schema, properties: { ...schema.properties, kind: text, apiVersion: text, metadata } }
}

function listType({ maxItems }: JsonSchema, element: DeclaredType): DeclaredType {
  const most = Math.floor((maxRequestBytes - 2) / (element.minSize + 1))
  return { kind: 'list', element, minSize: 2, maxElements: maxItems === undefined ? most : positive(maxItems) }
}

function mapType({ maxProperties }: JsonSchema, element: DeclaredType): DeclaredType {
  // A key with its quotes, a colon and a comma.
  const most = Math.floor((maxRequestBytes - 2) / (element.minSize + 6))
  return { kind: 'map', element, minSize: 2, maxElements: maxProperties === undefined ? most : positive(maxProperties) }
}

function objectType({ properties = {}, required = [] }: JsonSchema): DeclaredType {
  const fields = new Map<string, DeclaredType>()
  let minSize = 2
  for (const [name, property] of Object.entries(properties)) {
    const type = declaredType(property, isEmbedded(property))
    if (!type) continue
    const escaped = escapeFieldName(name)
    if (escaped !== undefined) fields.set(escaped, type)
    // What has a default need not be sent.
    const sent = required.includes(name) && (property.default === undefined || property.default === null)
    if (sent) minSize += Buffer.byteLength(name) + type.minSize + 4
  }
  return { kind: 'object', fields, minSize, maxElements: 0 }
}

const isEmbedded = (schema: JsonSchema) => schema['x-kubernetes-embedded-resource'] === true

/** Undefined for what expressions cannot see. `isResource`: the root of a resource, embedded ones included. */
export function declaredType(schema: JsonSchema, isResource: boolean): DeclaredType | undefined {
  if (schema['x-kubernetes-int-or-string'])
    return scalar(dynType, 1, schema.maxLength === undefined ? longestText : bytesOf(schema.maxLength))
  switch (schema.type) {
    case 'array': {
      const items = itemsOf(schema)
      const element = items && declaredType(items, isEmbedded(items))
      return element && listType(schema, element)
    }
    case 'object': {
      const { additionalProperties: additional } = schema
      if (typeof additional !== 'object') return objectType(isResource ? withTypeAndMetadata(schema) : schema)
      const element = declaredType(additional, isEmbedded(additional))
      return element && mapType(schema, element)
    }
    case 'string':
      return textType(schema)
    case 'boolean':
      return scalar(boolType, 4)
    case 'number':
      return scalar(doubleType, 1)
    case 'integer':
      return scalar(intType, 1)
  }
  return undefined
}
