/** Protobuf messages described by tables, one for both directions. Fields are absent when they hold their zero. */
import { WireReader } from '../../machinery/protobuf/reader.js'
import { WireWriter } from '../../machinery/protobuf/writer.js'

/** A field's type: `int` is any integer, `key` bytes that are UTF-8; another table is a message. */
type FieldType = 'int' | 'bool' | 'key' | 'bytes' | Message

interface Field {
  number: number
  name: string
  type: FieldType
  repeated: boolean
}

export interface Message {
  /** By ascending number. */
  readonly fields: readonly Field[]
  readonly byNumber: ReadonlyMap<number, Field>
}

/** `name: [number, type]`, or `[number, type, 'repeated']`. */
type Table = Readonly<Record<string, readonly [number: number, type: FieldType, repeated?: 'repeated']>>

export function defineMessage(table: Table): Message {
  const fields = Object.entries(table)
    .map(([name, [number, type, repeated]]) => ({ number, name, type, repeated: repeated !== undefined }))
    .sort((a, b) => a.number - b.number)
  return { fields, byNumber: new Map(fields.map(field => [field.number, field])) }
}

type Values = Record<string, unknown>

function writeValue(writer: WireWriter, { number, type }: Field, value: unknown): void {
  if (type === 'int') writer.varint(number, value as number | bigint)
  else if (type === 'bool') writer.varint(number, value ? 1 : 0)
  else if (type === 'key') writer.string(number, value as string)
  else if (type === 'bytes') writer.bytes(number, value as Uint8Array)
  else {
    const before = writer.length
    writeFields(writer, type, value as Values)
    writer.message(number, before)
  }
}

/** Last field first, as the writer wants it. */
function writeFields(writer: WireWriter, { fields }: Message, values: Values): void {
  for (let i = fields.length - 1; i >= 0; i--) {
    const field = fields[i]!
    const value = values[field.name]
    if (value === undefined) continue
    if (!field.repeated) writeValue(writer, field, value)
    else for (const item of [...(value as unknown[])].reverse()) writeValue(writer, field, item)
  }
}

/** The message in a gRPC frame: a byte for the compression, which is none, and four for the length. */
export function encodeFrame(message: Message, values: object): Buffer {
  const writer = new WireWriter(512)
  writeFields(writer, message, values as Values)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(writer.length, 1)
  writer.raw(head)
  return writer.finish()
}

function readValue(reader: WireReader, type: FieldType): unknown {
  if (type === 'int') return reader.varint()
  if (type === 'bool') return reader.varint() !== 0
  if (type === 'key') return reader.string()
  if (type === 'bytes') return reader.bytes()
  return readFields(reader.message(), type)
}

function readFields(reader: WireReader, { byNumber }: Message): Values {
  const values: Values = {}
  while (!reader.done) {
    const { number, wire } = reader.tag()
    const field = byNumber.get(number)
    if (!field) {
      reader.skip(wire)
      continue
    }
    const value = readValue(reader, field.type)
    if (!field.repeated) values[field.name] = value
    else {
      const list = values[field.name] as unknown[] | undefined
      if (list) list.push(value)
      else values[field.name] = [value]
    }
  }
  return values
}

/** Reads what stands in a frame. Bytes share memory with it. `T`: what the table describes. Throws a ProtobufError. */
export const decodeMessage = <T extends object>(message: Message, bytes: Buffer): T =>
  readFields(new WireReader(bytes), message) as T
