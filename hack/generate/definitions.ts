/** The neutral form of every API type: models, names and facts joined. Types, schemas and OpenAPI documents are written from it. */
import type { Model, ModelField } from './client-models.js'
import { byField, type Facts, fieldSet } from './facts.js'
import { metaPackage, shortName, type TypeName } from './naming.js'
import { protobufNumbers } from './protobuf-numbers.js'

/** A field, list element or map value. */
export interface Shape {
  type?: 'string' | 'boolean' | 'integer' | 'number' | 'object' | 'array'
  format?: string
  /** Full name of a definition. */
  ref?: string
  items?: Shape
  /** Map values. */
  values?: Shape
  doc?: string
  enum?: string[]
  /** OpenAPI's default, zero values of required fields included. */
  default?: unknown
  listType?: string
  listMapKeys?: string[]
  mapType?: string
  patchStrategy?: string[]
  patchMergeKey?: string
}

export interface Definition {
  full: string
  short: string
  doc: string
  fields: Record<string, Shape>
  required: string[]
  mapType?: string
  gvk?: { group: string; kind: string; version: string }[]
  unions?: unknown[]
  /** A type without fields: its OpenAPI text. */
  scalar?: { v2: Record<string, unknown>; v3?: Record<string, unknown> }
}

const time = `${metaPackage}Time`
const microTime = `${metaPackage}MicroTime`
const intOrString = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString'

/** Applies the words of `facts.fields` (see ApiFacts). */
function applyListFacts(shape: Shape, words: string): void {
  for (const word of words.split(' ')) {
    const [name, value] = word.split('=')
    if (name === 'atomic' || name === 'set' || name === 'map') shape.listType = name
    if (name === 'map') shape.listMapKeys = value!.split(',')
    if (name === 'merge' || name === 'replace' || name === 'retainKeys') (shape.patchStrategy ??= []).push(name)
    if (name === 'merge' && value) shape.patchMergeKey = value
    if (name === 'mapatomic') shape.mapType = 'atomic'
    if (name === 'maptype') shape.mapType = value!
  }
}

/** Go's zero value, where OpenAPI v3 states it as a default. */
function zero(shape: Shape): unknown {
  if (shape.type === 'string') return shape.format === 'byte' ? undefined : ''
  if (shape.type === 'integer' || shape.type === 'number') return 0
  return shape.type === 'boolean' ? false : undefined
}

export interface Sources {
  models: ReadonlyMap<string, Model>
  names: ReadonlyMap<string, TypeName>
  facts: Facts
}

/** Builds shapes of fields; holds the facts in the form that look-ups need. */
class ShapeBuilder {
  private readonly refs = new Map<string, string>()
  private readonly enums: Map<string, string>
  private readonly byValue: Set<string>
  private readonly noDefault: Set<string>

  constructor(private readonly sources: Sources) {
    const { api, go } = sources.facts
    for (const [target, types] of Object.entries(api.refs))
      for (const field of fieldSet(types)) this.refs.set(field, target)
    this.enums = byField(api.enums)
    this.byValue = fieldSet(go.byValue)
    this.noDefault = fieldSet(api.noDefault)
  }

  field(type: string, field: ModelField): Shape {
    const key = `${type}.${field.name}`
    const { fields, defaults } = this.sources.facts.api
    const shape = this.shape(field.type, field.format, key)
    if (field.doc) shape.doc = field.doc
    const isItems = field.name === 'items' && type.endsWith('List')
    const words = fields[type]?.[field.name] ?? (shape.type === 'array' ? (isItems ? 'none' : 'atomic') : undefined)
    if (words) applyListFacts(shape, words)
    const values = this.enums.get(key)?.split('|')
    if (values) (shape.items ?? shape.values ?? shape).enum = values
    const stated = defaults[type]?.[field.name]
    if (stated !== undefined) shape.default = stated
    else if (shape.ref) shape.default = this.byValue.has(key) && !this.isScalar(shape.ref) ? {} : undefined
    else if (field.required && !this.noDefault.has(key)) shape.default = zero(shape)
    this.elementDefaults(shape.items)
    this.elementDefaults(shape.values)
    return shape
  }

  private isScalar(full: string): boolean {
    return full in this.sources.facts.api.scalars
  }

  private elementDefaults(element: Shape | undefined): void {
    if (!element) return
    if (element.ref) element.default = this.isScalar(element.ref) ? undefined : {}
    else element.default = zero(element)
    this.elementDefaults(element.items)
    this.elementDefaults(element.values)
  }

  private shape(type: string, format: string, key: string): Shape {
    const ref = this.refs.get(key)
    if (ref) return { ref }
    const list = /^Array<(.*)>$/.exec(type)
    if (list) return { type: 'array', items: this.shape(list[1]!, format, `${key}[]`) }
    const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)
    if (map) return { type: 'object', values: this.shape(map[1]!, format, `${key}{}`) }
    if (type === 'string') return format === 'byte' ? { type, format } : { type }
    if (type === 'boolean') return { type }
    if (type === 'number' && (format === 'double' || format === 'float')) return { type, format }
    if (type === 'number') return format ? { type: 'integer', format } : { type: 'integer' }
    if (type === 'Date' || type === 'V1MicroTime') return { ref: format === 'date-time-micro' ? microTime : time }
    if (type === 'IntOrString') return { ref: intOrString }
    if (type === 'any') return { type: 'object' }
    const name = this.sources.names.get(type)
    if (!name) throw new Error(`${key}: unknown type ${type}`)
    return { ref: name.full }
  }
}

/** Kinds a definition is registered as: from the facts, or its own name where it looks like an object. */
function kindsOf(model: Model, name: TypeName, facts: Facts): Definition['gvk'] {
  const short = shortName(name.full)
  const listed = Object.entries(facts.api.gvk).find(([types]) => types.split(',').includes(short))?.[1]
  if (listed)
    return listed.map(groupVersion => {
      const cut = groupVersion.lastIndexOf('/')
      return { group: groupVersion.slice(0, Math.max(cut, 0)), kind: name.kind, version: groupVersion.slice(cut + 1) }
    })
  const fields = new Set(model.fields.map(field => field.name))
  if (!['kind', 'apiVersion', 'metadata'].every(field => fields.has(field))) return undefined
  return [{ group: name.group === 'meta' ? '' : name.group, kind: name.kind, version: name.version }]
}

/** Names of the required fields in the order of the Go struct, which is mostly that of the protobuf numbers. */
function requiredFields(model: Model, short: string, facts: Facts): string[] {
  const stated = facts.api.requiredOrder[short]
  if (stated) return stated
  const numbers = protobufNumbers(facts.proto, short)
  const place = (name: string) => numbers.get(name)?.[0] ?? 0
  const names = model.fields.filter(field => field.required).map(field => field.name)
  return names.sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
}

/** All definitions by full name, sorted. */
export function buildDefinitions(sources: Sources): Map<string, Definition> {
  const { models, names, facts } = sources
  const shapes = new ShapeBuilder(sources)
  const all: Definition[] = Object.entries(facts.api.scalars).map(([full, scalar]) => ({
    full,
    short: shortName(full),
    doc: '',
    fields: {},
    required: [],
    scalar,
  }))
  for (const [modelName, model] of models) {
    const name = names.get(modelName)!
    const short = shortName(name.full)
    all.push({
      full: name.full,
      short,
      doc: model.doc,
      fields: Object.fromEntries(model.fields.map(field => [field.name, shapes.field(short, field)])),
      required: requiredFields(model, short, facts),
      ...(facts.api.mapAtomic.includes(short) && { mapType: 'atomic' }),
      gvk: kindsOf(model, name, facts),
      unions: facts.api.unions[short],
    })
  }
  all.sort((a, b) => (a.full < b.full ? -1 : 1))
  return new Map(all.map(definition => [definition.full, definition]))
}
