/** Turns parsed JSON into an object of a type as Go's decoder does: checks types, drops what is unknown, null or empty. */
import { DecodeError } from './decode-error.js'
import { decodeScalar, jsonKind, mismatchOf, TypeMismatch } from './decode-scalar.js'
import { type Given, rememberEmpty } from './given-empty.js'
import { type ResolvedField, type ResolvedType, resolveType } from './resolve.js'
import type { SchemaSet } from './types.js'

export interface Decoded {
  /** May share parts with the input: the input must not be used any more. */
  object: Record<string, unknown>
  /** `unknown field "spec.containers[0].foo"`, each once, in reading order, at most 100. */
  strictErrors: string[]
}

/** Go stops counting there. */
const maxStrictErrors = 100

class Decoder {
  /** How numbers with a point or an exponent were written, by path. */
  private readonly fractions: ReadonlyMap<string, string> | undefined
  readonly strictErrors: string[] = []
  readonly emptied: Given[] = []
  /** Field names, map keys and indexes that lead to the value at hand. */
  private readonly path: (string | number)[] = []
  /** The field names among them. */
  private readonly names: string[] = []
  /** The innermost struct type. */
  private struct = ''
  /** The first value of a wrong type. Go reads on: a value that its own parser refuses is told of instead. */
  mismatch: Error | undefined
  /** Inside values that upstream hands to a decoder of their own: it is not strict, and errors name the field that holds them. */
  private lenient = false

  constructor(fractions?: ReadonlyMap<string, string>) {
    this.fractions = fractions
  }

  /** Returns the same object when nothing had to change. */
  decodeStruct(type: ResolvedType, input: object): Record<string, unknown> {
    const source = input as Record<string, unknown>
    const { path, names, struct } = this
    let copy: Record<string, unknown> | undefined
    let emptied: string[] | undefined
    for (const name of Object.keys(source)) {
      const value = source[name]
      const field = type.fields.get(name)
      let next: unknown
      if (field) {
        path.push(name)
        if (!this.lenient) names.push(name)
        this.struct = type.goName
        next = value === null || value === undefined ? undefined : this.decodeField(field, value)
        path.pop()
        if (!this.lenient) names.pop()
        if (next === undefined && isEmptied(field, value)) (emptied ??= []).push(name)
      } else if (value !== undefined) this.addUnknown(name)
      if (copy) {
        if (next !== undefined) copy[name] = next
      } else if (next !== value || next === undefined) {
        copy = before(source, name)
        if (next !== undefined) copy[name] = next
      }
    }
    this.struct = struct
    if (emptied) this.addEmptied(type, { holder: copy!, source }, emptied)
    return copy ?? source
  }

  private addEmptied(
    { fields }: ResolvedType,
    { holder, source }: { holder: Record<string, unknown>; source: Record<string, unknown> },
    names: string[],
  ): void {
    for (const name of names) {
      const value = fields.get(name)!.type === 'bytes' ? '' : emptyLike(source[name])
      this.emptied.push({ holder, name, path: this.fieldPath(name), value })
    }
  }

  /** `undefined` for what Go would leave out. */
  private decodeField(field: ResolvedField, value: unknown): unknown {
    const decoded = this.decodeValue(field, value)
    if (!field.omitsZero) return decoded
    switch (field.type) {
      case 'list':
        return (decoded as unknown[] | undefined)?.length ? decoded : undefined
      case 'map':
        return decoded && hasKeys(decoded) ? decoded : undefined
      case 'object':
      case 'raw':
      case 'quantity':
      case 'int-or-string':
        return decoded
      default:
        return decoded === '' || decoded === 0 || decoded === false ? undefined : decoded
    }
  }

  private decodeValue(field: ResolvedField, value: unknown): unknown {
    switch (field.type) {
      case 'object':
        if (typeof value !== 'object' || Array.isArray(value)) return this.defer(mismatch(value, field), field)
        return field.struct ? this.decodeStruct(field.struct, value!) : value
      case 'list':
        if (!Array.isArray(value)) return this.defer(mismatch(value, field), field)
        return this.decodeList(field.items!, value)
      case 'map':
        if (typeof value !== 'object' || Array.isArray(value)) return this.defer(mismatch(value, field), field)
        return this.decodeMap(field, value as Record<string, unknown>)
      case 'raw':
        return field.struct ? this.decodeSchemaUnion(field, value) : value
      case 'string':
        if (typeof value === 'string') return value
    }
    try {
      if (this.fractions && typeof value === 'number') this.refuseFraction(field)
      return decodeScalar(value, field, false)
    } catch (error) {
      if (hasOwnParser(field)) throw this.failure(error as Error, field)
      return this.defer(error as Error, field)
    }
  }

  private defer(error: Error, field: ResolvedField): undefined {
    this.mismatch ??= this.failure(error, field)
  }

  /** Go takes no `1.0` for an integer. */
  private refuseFraction(field: ResolvedField): void {
    if (field.type !== 'integer' && field.type !== 'int-or-string') return
    const written = this.fractions?.get(pathText(this.path))
    const goType = field.type === 'integer' ? field.goType : 'int32'
    if (written) throw new TypeMismatch(`number ${written}`, goType)
  }

  private decodeList(items: ResolvedField, input: unknown[]): unknown[] {
    const { path } = this
    let copy: unknown[] | undefined
    for (let i = 0; i < input.length; i++) {
      path.push(i)
      const next = this.decodeElement(items, input[i])
      path.pop()
      if (!copy && next !== input[i]) copy = input.slice(0, i)
      copy?.push(next)
    }
    return copy ?? input
  }

  private decodeMap(field: ResolvedField, input: Record<string, unknown>): Record<string, unknown> {
    const items = field.items!
    const isResourceList = field.rounded
    let copy: Record<string, unknown> | undefined
    for (const key of Object.keys(input)) {
      const value = input[key]
      this.path.push(key)
      const next = isResourceList ? this.decodeResource(items, value) : this.decodeElement(items, value)
      this.path.pop()
      if (next === value) continue
      // A key like __proto__ must stay a key, which a spread and defineProperty see to.
      copy ??= { ...input }
      Object.defineProperty(copy, key, { value: next, writable: true, enumerable: true, configurable: true })
    }
    return copy ?? input
  }

  /** Null elements become Go's zero value. */
  private decodeElement(items: ResolvedField, value: unknown): unknown {
    if (value === null || value === undefined) return zeroElement(items)
    return this.decodeValue(items, value) ?? null
  }

  private decodeResource(items: ResolvedField, value: unknown): unknown {
    try {
      return value === null ? '0' : decodeScalar(value, items, true)
    } catch (error) {
      throw this.failure(error as Error)
    }
  }

  /** JSONSchemaPropsOrBool and its siblings: objects among the alternatives are schemas, read without strictness. */
  private decodeSchemaUnion(field: ResolvedField, value: unknown): unknown {
    const kind = field.schema.ref!.slice(field.schema.ref!.lastIndexOf('.') + 1)
    const wasLenient = this.lenient
    this.lenient = true
    try {
      if (Array.isArray(value)) {
        if (kind === 'JSONSchemaPropsOrBool') throw this.failure(new Error('boolean or JSON schema expected'))
        return kind === 'JSONSchemaPropsOrStringArray'
          ? value
          : value.map(item => this.decodeStruct(field.struct!, item))
      }
      if (typeof value === 'object') return this.decodeStruct(field.struct!, value!)
      if (kind !== 'JSONSchemaPropsOrBool') return undefined
      if (typeof value !== 'boolean') throw this.failure(new Error('boolean or JSON schema expected'))
      return value
    } finally {
      this.lenient = wasLenient
    }
  }

  private addUnknown(name: string): void {
    if (this.lenient || this.strictErrors.length >= maxStrictErrors) return
    this.strictErrors.push(`unknown field ${JSON.stringify(this.fieldPath(name))}`)
  }

  private fieldPath(name: string): string {
    return pathText([...this.path, name])
  }

  /** Go names the innermost struct and the JSON names that lead to the field; indexes and map keys are not in it. */
  private failure(error: Error, expected?: ResolvedField): Error {
    if (!(error instanceof TypeMismatch)) return new DecodeError(error.message)
    const field = `${this.struct}.${this.names.join('.')}`
    const { value, goType, isFloat } = error
    const message = `json: cannot unmarshal ${value} into Go struct field ${field} of type ${goType}`
    if (!expected) return new DecodeError(message)
    const { type, schema } = expected
    return new DecodeError(message, { value, goType, type, isFloat, ...(schema.format && { format: schema.format }) })
  }
}

function pathText(path: readonly (string | number)[]): string {
  let text = ''
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : text ? `.${part}` : part
  return text
}

/** Types of Go that read themselves. */
const hasOwnParser = ({ type }: ResolvedField) =>
  type === 'time' || type === 'microtime' || type === 'quantity' || type === 'int-or-string'

const mismatch = (value: unknown, field: ResolvedField) => mismatchOf(value, field.goType)

/** Of what decoding leaves out: a list, a map or bytes, though empty, are not nil to Go. */
const isEmptied = ({ type }: ResolvedField, value: unknown): boolean =>
  value === '' ? type === 'bytes' : typeof value === 'object' && value !== null && type !== 'object'

const emptyLike = (value: unknown): Given['value'] => (Array.isArray(value) ? [] : value === '' ? '' : {})

function hasKeys(object: object): boolean {
  for (const _ in object) return true
  return false
}

/** A copy of what stands before that key. */
function before(source: Record<string, unknown>, end: string): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(source)) {
    if (name === end) break
    copy[name] = source[name]
  }
  return copy
}

/** Go's zero value of a list element or map value, as JSON. */
function zeroElement(items: ResolvedField): unknown {
  switch (items.type) {
    case 'object':
      return {}
    case 'string':
    case 'bytes':
      return ''
    case 'integer':
    case 'number':
    case 'int-or-string':
      return 0
    case 'boolean':
      return false
    case 'quantity':
      return '0'
    default:
      return null
  }
}

/**
 * Decodes `json` (parsed, duplicate keys already dealt with) as the type of that name. Throws a DecodeError at the first value that a
 * parser of its own refuses, else of the first value of a wrong type. `fractions` is what parseJson told of `json`. Unknown fields are dropped and reported. Integers are numbers, or bigint beyond 2^53: see decode-scalar.ts.
 *
 * `{"replicas": 0, "paused": false, "foo": 1}` as a DeploymentSpec gives `{"replicas": 0}`, because Go holds `replicas` by pointer and
 * omits `paused` when it is false, and `unknown field "foo"`.
 */
export function decodeObject(
  schemas: SchemaSet,
  typeName: string,
  json: unknown,
  fractions?: ReadonlyMap<string, string>,
): Decoded {
  const type = resolveType(schemas, typeName)
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    const goType = typeName.slice(typeName.indexOf('.') + 1)
    throw new DecodeError(`json: cannot unmarshal ${jsonKind(json)} into Go value of type ${goType}`)
  }
  const decoder = new Decoder(fractions)
  const object = decoder.decodeStruct(type, json)
  if (decoder.mismatch) throw decoder.mismatch
  if (decoder.emptied.length) rememberEmpty(object, decoder.emptied)
  return { object, strictErrors: decoder.strictErrors }
}
