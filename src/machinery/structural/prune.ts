/** Drops the fields of a custom resource that its schema does not know. */
import {
  additionalOf,
  fieldOf,
  isJsonObject,
  itemsOf,
  type JsonObject,
  type JsonSchema,
  propertyOf,
} from './json-schema.js'

const typeFields: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata'])

const preserves = (schema: JsonSchema | undefined) => schema?.['x-kubernetes-preserve-unknown-fields'] === true

const isEmbedded = (schema: JsonSchema | undefined) => schema?.['x-kubernetes-embedded-resource'] === true

/** How a value is looked at: its type and metadata are known, what is unknown stays. */
interface Manner {
  isResource: boolean
  keeps: boolean
}

class Pruner {
  readonly unknown: string[] = []
  /** Names and indexes that lead to the value at hand. */
  private readonly path: (string | number)[] = []

  prune(value: unknown, schema: JsonSchema | undefined, { isResource, keeps }: Manner): void {
    if (Array.isArray(value)) this.pruneList(value, schema, keeps)
    else if (isJsonObject(value)) this.pruneObject(value, schema, { isResource, keeps })
  }

  /** Elements of a list that keeps what is unknown keep it too. */
  private pruneList(list: unknown[], schema: JsonSchema | undefined, keeps: boolean): void {
    const items = schema && itemsOf(schema)
    if (keeps && !items) return
    for (let i = 0; i < list.length; i++) this.descend(i, list[i], items, keeps)
  }

  private pruneObject(object: JsonObject, schema: JsonSchema | undefined, { isResource, keeps }: Manner): void {
    for (const name of Object.keys(object)) {
      if (isResource && typeFields.has(name)) continue
      const property = schema && propertyOf(schema, name)
      if (property) this.descend(name, object[name], property)
      // `additionalProperties: true` has no schema: everything inside such a value is unknown.
      else if (schema?.additionalProperties !== undefined) this.descend(name, object[name], additionalOf(schema))
      else if (!keeps) {
        if (!typeFields.has(name) || this.path.length) this.record(name)
        delete object[name]
      }
    }
  }

  private descend(step: string | number, value: unknown, schema: JsonSchema | undefined, keeps = false): void {
    if (typeof value !== 'object' || value === null) return
    this.path.push(step)
    this.prune(value, schema, { isResource: isEmbedded(schema), keeps: keeps || preserves(schema) })
    this.path.pop()
  }

  private record(name: string): void {
    let text = ''
    for (const step of [...this.path, name]) text += typeof step === 'number' ? `[${step}]` : text ? `.${step}` : step
    this.unknown.push(text)
  }
}

/**
 * Changes `value` in place and returns the paths of what was dropped, sorted. `isResource`: type and metadata of the
 * value itself are known whatever the schema says.
 */
export function pruneUnknown(value: unknown, schema: JsonSchema | undefined, isResource: boolean): string[] {
  const pruner = new Pruner()
  pruner.prune(value, schema, { isResource: isResource || isEmbedded(schema), keeps: preserves(schema) })
  return pruner.unknown.sort()
}

/** Drops nulls where the schema wants a value and has no default to put there. */
export function pruneNulls(value: unknown, schema: JsonSchema | undefined): void {
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema)
    for (const element of value) pruneNulls(element, items)
  } else if (isJsonObject(value)) {
    for (const name of Object.keys(value)) {
      const field = schema && fieldOf(schema, name)
      if (value[name] === null && field && !field.nullable && field.default === undefined) delete value[name]
      else pruneNulls(value[name], field)
    }
  }
}
