/** Where the fields of a kind are: every place of its schema, each list with one item. */
import type { FieldSchema, SchemaSet } from '../../src/machinery/schema/types.js'
import type { Place } from './sequence.js'

export interface FieldPlace {
  place: Place
  field: FieldSchema
}

/** Deeper ones are as good as endless in JSONSchemaProps. */
const maxDepth = 9
const cache = new Map<string, readonly FieldPlace[]>()

function* walk(type: string, at: Place, schemas: SchemaSet): Generator<FieldPlace> {
  if (at.length > maxDepth) return
  for (const [name, field] of Object.entries(schemas[type]?.fields ?? {})) {
    if (at.length === 0 && (name === 'metadata' || name === 'apiVersion' || name === 'kind')) continue
    yield* visit(field, [...at, name], schemas)
  }
}

function* visit(field: FieldSchema, place: Place, schemas: SchemaSet): Generator<FieldPlace> {
  yield { place, field }
  if (field.type === 'object' && field.ref && place.filter(key => key === place.at(-1)).length < 2)
    yield* walk(field.ref, place, schemas)
  if (field.type === 'list' && field.items?.type === 'object') yield* visit(field.items, [...place, 0], schemas)
}

/** All but apiVersion, kind and metadata. */
export function placesOf(schemaName: string, schemas: SchemaSet): readonly FieldPlace[] {
  const known = cache.get(schemaName)
  if (known) return known
  const places = [...walk(schemaName, [], schemas)]
  cache.set(schemaName, places)
  return places
}

/** Places that hold something in this value, leaves and branches. */
export function* placesIn(value: unknown, at: Place = []): Generator<Place> {
  if (value === null || typeof value !== 'object') return
  for (const [key, item] of Object.entries(value)) {
    const place = [...at, Array.isArray(value) ? Number(key) : key]
    yield place
    yield* placesIn(item, place)
  }
}
