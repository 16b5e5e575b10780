/** Encodes objects as protobuf messages, byte for byte as the generated Go code does. */
import { stringifyJson } from '../json/stringify.js'
import type { ResolvedField, ResolvedType } from '../schema/resolve.js'
import { isWrappedList, type Layout, messageLayout } from './layout.js'
import type { WireWriter } from './writer.js'

type JsonObject = Record<string, unknown>

const isScalar = (field: ResolvedField) =>
  field.type === 'string' || field.type === 'integer' || field.type === 'boolean' || field.type === 'number'

const zeroScalars: Record<string, unknown> = { string: '', integer: 0, boolean: false, number: 0 }

/** What stands on the wire for an absent field: Go writes scalars and structs that it does not hold by pointer. */
function absentValue(field: ResolvedField): unknown {
  if (isScalar(field)) return field.schema.pointer ? undefined : zeroScalars[field.type]
  if (!field.schema.byValue) return undefined
  if (field.type === 'object') return {}
  if (field.type === 'int-or-string') return 0
  return field.type === 'quantity' ? '0' : null
}

/** Writes the fields of a message, without a head. */
export function writeStruct(writer: WireWriter, type: ResolvedType, object: JsonObject): void {
  writeLayout(writer, messageLayout(type), object)
}

function writeLayout(writer: WireWriter, { fields }: Layout, object: JsonObject): void {
  for (let i = fields.length - 1; i >= 0; i--) {
    const { number, field, inlined } = fields[i]!
    if (inlined) {
      const before = writer.length
      writeLayout(writer, inlined, object)
      writer.message(number, before)
    } else {
      const value = object[field!.name] ?? absentValue(field!)
      if (value !== undefined) writeField(writer, { number, field: field! }, value)
    }
  }
}

interface Place {
  number: number
  field: ResolvedField
}

function writeField(writer: WireWriter, { number, field }: Place, value: unknown): void {
  if (field.type === 'string') writer.string(number, value as string)
  else if (field.type === 'integer') writer.varint(number, value as number | bigint)
  else if (field.type === 'boolean') writer.varint(number, value ? 1 : 0)
  else if (field.type === 'number') writer.double(number, value as number)
  else if (field.type === 'bytes') writer.bytes(number, Buffer.from(value as string, 'base64'))
  else if (field.type === 'list') writeList(writer, { number, field }, value as unknown[])
  else if (field.type === 'map') writeMap(writer, { number, field }, value as JsonObject)
  else {
    const before = writer.length
    writeMessage(writer, field, value)
    writer.message(number, before)
  }
}

function writeList(writer: WireWriter, { number, field }: Place, list: readonly unknown[]): void {
  const wrapped = isWrappedList(field)
  const before = writer.length
  const item = { number: wrapped ? 1 : number, field: field.items! }
  for (let i = list.length - 1; i >= 0; i--) writeField(writer, item, list[i])
  if (wrapped) writer.message(number, before)
}

/** Entries in the order of their keys, as Go sorts them. */
function writeMap(writer: WireWriter, { number, field }: Place, map: JsonObject): void {
  const keys = Object.keys(map).sort()
  for (let i = keys.length - 1; i >= 0; i--) {
    const before = writer.length
    const value = map[keys[i]!]
    if (value !== null && value !== undefined) writeField(writer, { number: 2, field: field.items! }, value)
    writer.string(1, keys[i]!)
    writer.message(number, before)
  }
}

/** The content of the types that are messages on the wire. */
function writeMessage(writer: WireWriter, field: ResolvedField, value: unknown): void {
  if (field.type === 'object') {
    if (field.struct) writeStruct(writer, field.struct, (value ?? {}) as JsonObject)
  } else if (field.type === 'time' || field.type === 'microtime') writeTime(writer, value as string | null)
  else if (field.type === 'quantity') writer.string(1, String(value))
  else if (field.type === 'int-or-string') writeIntOrString(writer, value as number | string)
  else if (field.struct) writeSchemaUnion(writer, field, value)
  else if (value !== null) writer.string(1, stringifyJson(value))
}

function writeIntOrString(writer: WireWriter, value: number | string): void {
  const isString = typeof value === 'string'
  writer.string(3, isString ? value : '')
  writer.varint(2, isString ? 0 : value)
  writer.varint(1, isString ? 1 : 0)
}

/** Nothing for the zero time, else seconds and nanoseconds. */
function writeTime(writer: WireWriter, text: string | null): void {
  if (text === null) return
  const fraction = /\.(\d{1,9})/.exec(text)?.[1] ?? ''
  writer.varint(2, Number(fraction.padEnd(9, '0')))
  writer.varint(1, Math.floor(Date.parse(`${text.slice(0, 19)}Z`) / 1000))
}

/** JSONSchemaPropsOrArray, …OrBool and …OrStringArray: each alternative has a field of its own. */
function writeSchemaUnion(writer: WireWriter, { schema, struct }: ResolvedField, value: unknown): void {
  const writeSchema = (number: number, json: unknown) => {
    const before = writer.length
    writeStruct(writer, struct!, json as JsonObject)
    writer.message(number, before)
  }
  const isBool = schema.ref!.endsWith('OrBool')
  if (Array.isArray(value)) {
    for (const item of [...value].reverse()) {
      if (typeof item === 'string') writer.string(2, item)
      else writeSchema(2, item)
    }
  } else if (typeof value === 'object' && value !== null) writeSchema(isBool ? 2 : 1, value)
  if (isBool) writer.varint(1, value === false ? 0 : 1)
}
