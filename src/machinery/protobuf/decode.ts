/** Decodes protobuf messages into the JSON form of objects. */
import { parseJson } from '../json/parse.js'
import { formatQuantity } from '../quantity.js'
import type { ResolvedField, ResolvedType } from '../schema/resolve.js'
import { isWrappedList, type Layout, messageLayout } from './layout.js'
import { ProtobufError, type WireReader } from './reader.js'

type JsonObject = Record<string, unknown>

/** Only schemas of CustomResourceDefinitions nest without end; deeper ones would exhaust the stack. */
const maxDepth = 500

const wireTypes: Partial<Record<ResolvedField['type'], number>> = { integer: 0, boolean: 0, number: 1 }

/** Assigns without ever meeting a setter such as that of `__proto__`. */
const setKey = (map: JsonObject, key: string, value: unknown) => {
  if (key === '__proto__')
    Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true })
  else map[key] = value
}

const isEmpty = (value: unknown) => value === '' || value === 0 || value === false

class MessageDecoder {
  private depth = 0

  struct(reader: WireReader, type: ResolvedType): JsonObject {
    const object: JsonObject = {}
    if (++this.depth > maxDepth) throw new ProtobufError('proto: message nests too deeply')
    this.fields(reader, messageLayout(type), object)
    this.depth--
    return object
  }

  private fields(reader: WireReader, layout: Layout, object: JsonObject): void {
    while (!reader.done) {
      const { number, wire } = reader.tag()
      const found = layout.byNumber.get(number)
      if (!found) reader.skip(wire)
      else if (found.inlined) this.fields(reader.message(), found.inlined, object)
      else this.field(reader, { field: found.field!, wire }, object)
    }
  }

  private field(reader: WireReader, { field, wire }: { field: ResolvedField; wire: number }, object: JsonObject): void {
    const { name } = field
    const element = field.type === 'list' && !isWrappedList(field) ? field.items! : field
    if (wire !== (wireTypes[element.type] ?? 2)) {
      // Numbers of a repeated field may come packed into one.
      if (wire !== 2 || field.type !== 'list')
        throw new ProtobufError(`proto: wrong wireType = ${wire} for field ${name[0]?.toUpperCase()}${name.slice(1)}`)
      this.packed(reader.message(), field, object)
    } else if (field.type === 'map') {
      const map = (object[name] ??= {}) as JsonObject
      this.entry(reader.message(), field.items!, map)
    } else if (element !== field) {
      const list = (object[name] ??= []) as unknown[]
      list.push(this.value(reader, element))
    } else {
      const value = this.value(reader, field)
      const isUnset = value === null || (field.omitsZero && field.type !== 'int-or-string' && isEmpty(value))
      if (isUnset) delete object[name]
      else object[name] = value
    }
  }

  private packed(reader: WireReader, field: ResolvedField, object: JsonObject): void {
    const list = (object[field.name] ??= []) as unknown[]
    while (!reader.done) list.push(this.value(reader, field.items!))
  }

  private entry(reader: WireReader, items: ResolvedField, map: JsonObject): void {
    let key = ''
    let value: unknown
    while (!reader.done) {
      const { number, wire } = reader.tag()
      if (number === 1) key = reader.string()
      else if (number === 2) value = this.value(reader, items)
      else reader.skip(wire)
    }
    setKey(map, key, value ?? (items.type === 'object' ? {} : items.type === 'string' ? '' : null))
  }

  /** `null` for values that Go prints as null: the zero time, an empty extension. */
  private value(reader: WireReader, field: ResolvedField): unknown {
    switch (field.type) {
      case 'string':
        return reader.string()
      case 'integer':
        return integer(reader.varint(), field)
      case 'boolean':
        return reader.varint() !== 0
      case 'number':
        return reader.double()
      case 'bytes':
        return reader.bytes().toString('base64')
      case 'object':
        return field.struct ? this.struct(reader.message(), field.struct) : {}
      case 'list':
        return this.wrappedList(reader.message(), field.items!)
      case 'time':
      case 'microtime':
        return readTime(reader.message(), field.type)
      case 'quantity':
        return readQuantity(reader.message())
      case 'int-or-string':
        return readIntOrString(reader.message())
      default:
        return field.struct ? this.schemaUnion(reader.message(), field) : readRaw(reader.message())
    }
  }

  private wrappedList(reader: WireReader, items: ResolvedField): unknown[] {
    const list: unknown[] = []
    while (!reader.done) {
      const { number, wire } = reader.tag()
      if (number === 1) list.push(this.value(reader, items))
      else reader.skip(wire)
    }
    return list
  }

  private schemaUnion(reader: WireReader, { schema, struct }: ResolvedField): unknown {
    const isBool = schema.ref!.endsWith('OrBool')
    const isStrings = schema.ref!.endsWith('OrStringArray')
    const list: unknown[] = []
    let single: unknown
    let allows = false
    while (!reader.done) {
      const { number, wire } = reader.tag()
      if (isBool && number === 1) allows = reader.varint() !== 0
      else if (number === (isBool ? 2 : 1)) single = this.struct(reader.message(), struct!)
      else if (number === 2) list.push(isStrings ? reader.string() : this.struct(reader.message(), struct!))
      else reader.skip(wire)
    }
    if (list.length > 0) return list
    return single ?? (isBool ? allows : null)
  }
}

const integer = (value: number | bigint, { schema }: ResolvedField) =>
  schema.format === 'int32' ? Number(BigInt.asIntN(32, BigInt(value))) : value

function readNumbers(reader: WireReader): Map<number, number> {
  const numbers = new Map<number, number>()
  while (!reader.done) {
    const { number, wire } = reader.tag()
    if (wire === 0) numbers.set(number, Number(reader.varint()))
    else reader.skip(wire)
  }
  return numbers
}

function readTime(reader: WireReader, kind: 'time' | 'microtime'): string | null {
  // Upstream reads an empty message as the zero time.
  if (reader.done) return null
  const numbers = readNumbers(reader)
  const date = new Date((numbers.get(1) ?? 0) * 1000)
  if (Number.isNaN(date.getTime())) throw new ProtobufError('proto: time out of range')
  const whole = date.toISOString().slice(0, 19)
  if (kind === 'time') return `${whole}Z`
  const micros = Math.floor((numbers.get(2) ?? 0) / 1000)
  return `${whole}.${String(micros).padStart(6, '0')}Z`
}

function readQuantity(reader: WireReader): string {
  let text = ''
  while (!reader.done) {
    const { number, wire } = reader.tag()
    if (number === 1) text = reader.string()
    else reader.skip(wire)
  }
  return formatQuantity(text)
}

function readIntOrString(reader: WireReader): number | string {
  let isString = false
  let number = 0
  let text = ''
  while (!reader.done) {
    const tag = reader.tag()
    if (tag.number === 1) isString = reader.varint() === 1
    else if (tag.number === 2) number = Number(reader.varint())
    else if (tag.number === 3) text = reader.string()
    else reader.skip(tag.wire)
  }
  return isString ? text : number
}

function readRaw(reader: WireReader): unknown {
  let value: unknown = null
  while (!reader.done) {
    const { number, wire } = reader.tag()
    if (number === 1) value = parseJson(reader.bytes()).value
    else reader.skip(wire)
  }
  return value
}

/**
 * Reads the fields of a message. As in JSON, zero values that Go omits are left out, and so are fields that were not on the wire:
 * fill what upstream prints nevertheless with `applySchemaDefaults`. Throws a ProtobufError, or the error of a quantity or JSON in it.
 */
export const readStruct = (reader: WireReader, type: ResolvedType): JsonObject =>
  new MessageDecoder().struct(reader, type)
