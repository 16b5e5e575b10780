/** What a value was before an update, for rules: errors of what did not change are warnings, upstream's ratcheting. */
import { deepEqualJson } from './correlation.js'
import { fieldOf, isJsonObject, itemsOf, type JsonSchema } from './json-schema.js'

/** Text of the values of an item's keys; undefined where one is missing or no scalar. */
function keyOf(schema: JsonSchema, item: unknown): string | undefined {
  if (!isJsonObject(item)) return undefined
  const values = (schema['x-kubernetes-list-map-keys'] ?? []).map(key => (Object.hasOwn(item, key) ? item[key] : null))
  if (values.some(value => value === null || typeof value === 'object')) return undefined
  return values.map(value => `${typeof value}${String(value)}`).join('\0')
}

const isMapList = (schema: JsonSchema) =>
  schema.type === 'array' &&
  schema['x-kubernetes-list-type'] === 'map' &&
  (schema['x-kubernetes-list-map-keys']?.length ?? 0) > 0

/** Finds items of a list that is a map by the keys of others. The first of several counts. */
export function itemFinder(schema: JsonSchema, list: unknown): (item: unknown) => unknown {
  if (!Array.isArray(list) || !isMapList(schema)) return () => undefined
  let byKey: Map<string, unknown> | undefined
  return item => {
    if (!byKey) {
      byKey = new Map()
      for (const other of list) {
        const key = keyOf(schema, other)
        if (key !== undefined && !byKey.has(key)) byKey.set(key, other)
      }
    }
    const key = keyOf(schema, item)
    return key === undefined ? undefined : byKey.get(key)
  }
}

/** A value beside the one that stood in its place. */
class Pair {
  #same: boolean | undefined
  #findOld: ((item: unknown) => unknown) | undefined

  constructor(
    private readonly schema: JsonSchema,
    private readonly value: unknown,
    private readonly old: unknown,
  ) {}

  field(name: string): Pair | undefined {
    const { value, old, schema } = this
    if (!isJsonObject(value) || !isJsonObject(old)) return undefined
    if (!Object.hasOwn(value, name) || !Object.hasOwn(old, name)) return undefined
    const inner = fieldOf(schema, name)
    return inner && new Pair(inner, value[name], old[name])
  }

  item(index: number): Pair | undefined {
    const items = itemsOf(this.schema)
    if (!items || !Array.isArray(this.value)) return undefined
    this.#findOld ??= itemFinder(this.schema, this.old)
    const old = this.#findOld(this.value[index])
    return old === undefined ? undefined : new Pair(items, this.value[index], old)
  }

  /** The order of lists that are maps does not matter. */
  get isSame(): boolean {
    return (this.#same ??= this.#compare())
  }

  #compare(): boolean {
    const { value, old, schema } = this
    if (Array.isArray(value) && Array.isArray(old)) {
      if (value.length !== old.length) return false
      return isMapList(schema) ? value.every((_, i) => this.item(i)?.isSame) : deepEqualJson(value, old)
    }
    if (!isJsonObject(value) || !isJsonObject(old)) return deepEqualJson(value, old)
    const names = Object.keys(value)
    return names.length === Object.keys(old).length && names.every(name => this.field(name)?.isSame)
  }
}

/** Where one stands in an object that is updated. */
export class Correlation {
  private constructor(
    private readonly current: Pair | undefined,
    /** The nearest above that has an old value; undefined at the root. */
    private readonly above: Pair | undefined,
  ) {}

  /** Of a new object. */
  static readonly none = new Correlation(undefined, undefined)

  static ofUpdate(schema: JsonSchema, value: unknown, old: unknown): Correlation {
    return new Correlation(new Pair(schema, value, old), undefined)
  }

  field(name: string): Correlation {
    if (!this.current) return this
    // The old object is converted to the version of the new one: its type never changes.
    if (!this.above && (name === 'apiVersion' || name === 'kind')) return Correlation.none
    return new Correlation(this.current.field(name), this.current)
  }

  item(index: number): Correlation {
    return this.current ? new Correlation(this.current.item(index), this.current) : this
  }

  /** What is wrong here was wrong before. */
  get isUnchanged(): boolean {
    return (this.current ?? this.above)?.isSame ?? false
  }
}
