/** JSON as rules see it, by its schema: a part is wrapped when an expression looks at it. */

import { isGoInteger } from '../../go-number.js'
import { deepEqualJson } from '../../structural/correlation.js'
import {
  additionalOf,
  isJsonObject,
  itemsOf,
  type JsonObject,
  type JsonSchema,
  propertyOf,
} from '../../structural/json-schema.js'
import { equals } from '../equality.js'
import { CelError, type ExtensionValue, isMap, type ListValue, type MapValue, type Value } from '../values.js'
import { withTypeAndMetadata } from './declared-type.js'
import { escapeFieldName, unescapeFieldName } from './field-names.js'
import { MapList, SetList } from './list-value.js'
import { textValue } from './text-value.js'

class SchemaList implements ListValue {
  readonly list = true

  constructor(
    private readonly items: readonly unknown[],
    private readonly schema: JsonSchema,
  ) {}

  get length(): number {
    return this.items.length
  }

  at(index: number): Value {
    return schemaValue(this.items[index], this.schema)
  }
}

/** An object with named fields, or a map of values alike. */
class SchemaMap implements MapValue {
  readonly map = true
  readonly #hasFields: boolean

  constructor(
    private readonly object: JsonObject,
    private readonly schema: JsonSchema,
  ) {
    this.#hasFields = schema.properties !== undefined
  }

  #schemaOf(name: string): JsonSchema | undefined {
    return this.#hasFields ? propertyOf(this.schema, name) : additionalOf(this.schema)
  }

  /** What is not known to the schema counts too. */
  get size(): number {
    return Object.keys(this.object).length
  }

  get(key: Value): Value | undefined {
    if (typeof key !== 'string') return undefined
    const name = this.#hasFields ? unescapeFieldName(key) : key
    return name === undefined ? undefined : this.#field(name)
  }

  #field(name: string): Value | undefined {
    const value = Object.hasOwn(this.object, name) ? this.object[name] : undefined
    const schema = value === undefined ? undefined : this.#schemaOf(name)
    // A field that is null is as good as absent.
    if (!schema || (this.#hasFields && value === null)) return undefined
    return schemaValue(value, schema)
  }

  *keys(): Generator<Value> {
    for (const name of Object.keys(this.object))
      if (this.#schemaOf(name)) yield this.#hasFields ? (escapeFieldName(name) ?? name) : name
  }

  /** Fields that the schema does not know are compared where both have them. */
  equalTo(other: Value): boolean {
    if (!isMap(other) || other.size !== this.size) return false
    for (const [name, value] of Object.entries(this.object)) {
      if (this.#schemaOf(name)) {
        const own = this.get(name)
        const theirs = other.get(name)
        if (own === undefined || theirs === undefined) {
          if (own !== theirs) return false
        } else if (!equals(own, theirs)) return false
      } else if (other instanceof SchemaMap && Object.hasOwn(other.object, name)) {
        if (!deepEqualJson(value, other.object[name])) return false
      }
    }
    return true
  }
}

const invalidData = (what: string): CelError => new CelError(`invalid data, ${what}`)

function objectValue(value: unknown, schema: JsonSchema): Value {
  if (!isJsonObject(value)) throw invalidData('expected a map for the provided schema with type=object')
  return new SchemaMap(value, schema['x-kubernetes-embedded-resource'] ? withTypeAndMetadata(schema) : schema)
}

function listValue(value: unknown, schema: JsonSchema): Value {
  if (!Array.isArray(value)) throw invalidData('expected an array for the provided schema with type=array')
  const items = itemsOf(schema)
  if (!items) throw new CelError('invalid array type, expected Items with a non-empty Schema')
  const list = new SchemaList(value, items)
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') return new SetList(list)
  if (type !== 'map') return list
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  return new MapList(
    list,
    keys.map(key => escapeFieldName(key) ?? key),
  )
}

function intOrString(value: unknown): Value {
  if (typeof value === 'string') return value
  if (isGoInteger(value)) return BigInt(value)
  throw invalidData('expected XIntOrString value to be either a string or integer')
}

/** Values of no known type can be compared with each other, and no more. */
class PreservedValue implements ExtensionValue {
  readonly typeName = 'unknown'

  constructor(private readonly json: unknown) {}

  equals(other: ExtensionValue): boolean {
    return other instanceof PreservedValue && deepEqualJson(this.json, other.json)
  }
}

/** Throws CelError for what is not of its schema. */
export function schemaValue(value: unknown, schema: JsonSchema): Value {
  if (value === null || value === undefined) {
    if (schema.nullable) return null
    throw invalidData('got null for schema with nullable=false')
  }
  if (schema['x-kubernetes-int-or-string']) return intOrString(value)
  switch (schema.type) {
    case 'object':
      return objectValue(value, schema)
    case 'array':
      return listValue(value, schema)
    case 'string':
      if (typeof value === 'string') return textValue(value, schema.format)
      break
    case 'number':
      if (typeof value === 'number' || typeof value === 'bigint') return Number(value)
      break
    case 'integer':
      if (isGoInteger(value)) return BigInt(value)
      break
    case 'boolean':
      if (typeof value === 'boolean') return value
      break
  }
  if (!schema.type && schema['x-kubernetes-preserve-unknown-fields']) return new PreservedValue(value)
  throw invalidData(`expected ${schema.type}, got ${typeof value}`)
}
