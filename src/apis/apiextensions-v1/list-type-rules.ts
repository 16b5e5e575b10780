/** What goes with x-kubernetes-list-type, x-kubernetes-list-map-keys and x-kubernetes-map-type. */
import { type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import { itemsOf, type JsonSchema, propertyOf } from '../../machinery/structural/json-schema.js'

const listType = 'x-kubernetes-list-type'
const mapKeys = 'x-kubernetes-list-map-keys'
const mapType = 'x-kubernetes-map-type'

function* wantedType(schema: JsonSchema, path: string, wanted: string, why: string): Generator<FieldError> {
  yield schema.type
    ? invalid(`${path}.type`, schema.type, `must be ${wanted} if ${why}`)
    : required(`${path}.type`, `must be ${wanted} if ${why}`)
}

export function* mapTypeRules(schema: JsonSchema, path: string): Generator<FieldError> {
  const type = schema[mapType]
  if (type === undefined) return
  if (schema.type !== 'object') yield* wantedType(schema, path, 'object', `${mapType} is specified`)
  if (type !== 'atomic' && type !== 'granular') yield notSupported(`${path}.${mapType}`, type, ['atomic', 'granular'])
}

/** Elements of a set are compared as one. */
function* setRules(schema: JsonSchema, path: string): Generator<FieldError> {
  const items = itemsOf(schema)
  if (schema[listType] !== 'set' || !items) return
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const type = items[listType]
  if (items.type === 'array' && type !== undefined && type !== 'atomic')
    yield invalid(`${path}.items.${listType}`, type, why)
  // Upstream shows the type of the list here, too.
  if (items.type === 'object' && items[mapType] !== 'atomic')
    yield invalid(`${path}.items.${mapType}`, type ?? null, why)
}

function* keyRules(schema: JsonSchema, items: JsonSchema, path: string): Generator<FieldError> {
  const keys = schema[mapKeys] ?? []
  for (const [i, key] of keys.entries()) {
    const property = propertyOf(items, key)
    if (!property) yield invalid(`${path}.${mapKeys}`, keys, 'entries must all be names of item properties')
    else if (property.type === 'array' || property.type === 'object') {
      const why = "must be a scalar type if parent array's x-kubernetes-list-type is map"
      yield invalid(`${path}.items.properties[${key}].type`, items.type, why)
    }
    if (keys.indexOf(key) < i) yield invalid(`${path}.${mapKeys}`, keys, 'must not contain duplicate entries')
  }
}

function* mapRules(schema: JsonSchema, path: string): Generator<FieldError> {
  const keys = schema[mapKeys] ?? []
  const type = schema[listType]
  if (keys.length && type !== 'map') {
    const why = 'must be map if x-kubernetes-list-map-keys is non-empty'
    yield type === undefined ? required(`${path}.${listType}`, why) : invalid(`${path}.${listType}`, type, why)
  }
  if (type !== 'map') return
  if (!keys.length) yield required(`${path}.${mapKeys}`, 'must not be empty if x-kubernetes-list-type is map')
  if (!schema.items) yield required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map')
  const items = itemsOf(schema)
  if (!items) return
  if (items.type === 'object') yield* keyRules(schema, items, path)
  else
    yield invalid(
      `${path}.items.type`,
      items.type ?? '',
      "must be object if parent array's x-kubernetes-list-type is map",
    )
}

/** Elements of sets and maps, and the keys of maps, are always there. */
function* presenceRules(schema: JsonSchema, path: string): Generator<FieldError> {
  const items = itemsOf(schema)
  const type = schema[listType]
  if (!items || (type !== 'set' && type !== 'map')) return
  if (items.nullable)
    yield forbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${type}`)
  if (type !== 'map') return
  for (const key of schema[mapKeys] ?? []) {
    const property = propertyOf(items, key)
    if (!property) continue
    const at = `${path}.items.properties[${key}]`
    const because = 'this property is in x-kubernetes-list-map-keys, so it'
    if (!items.required?.includes(key) && property.default === undefined)
      yield required(`${at}.default`, `${because} must have a default or be a required property`)
    if (property.nullable) yield forbidden(`${at}.nullable`, `${because} cannot be nullable`)
  }
}

export function* listTypeRules(schema: JsonSchema, path: string): Generator<FieldError> {
  const type = schema[listType]
  if (type !== undefined && schema.type !== 'array')
    yield* wantedType(schema, path, 'array', `${listType} is specified`)
  else yield* setRules(schema, path)
  if (type !== undefined && !['atomic', 'set', 'map'].includes(type))
    yield notSupported(`${path}.${listType}`, type, ['atomic', 'set', 'map'])
  yield* mapRules(schema, path)
  yield* presenceRules(schema, path)
}
