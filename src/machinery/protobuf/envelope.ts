/** Objects in `application/vnd.kubernetes.protobuf`: a magic number, then runtime.Unknown with the type and the object's message. */
import { resolveType } from '../schema/resolve.js'
import type { SchemaSet } from '../schema/types.js'
import { readStruct } from './decode.js'
import { writeStruct } from './encode.js'
import { ProtobufError, WireReader } from './reader.js'
import { WireWriter } from './writer.js'

const magic = Buffer.from([0x6b, 0x38, 0x73, 0])

export interface TypeMeta {
  apiVersion: string
  kind: string
}

/** Name of the schema of a built-in kind: `apps/v1`, `Deployment` is `apps.v1.Deployment`. Kinds of meta/v1 belong to every group. */
export function schemaNameOf(schemas: SchemaSet, { apiVersion, kind }: TypeMeta): string | undefined {
  const slash = apiVersion.indexOf('/')
  const group = slash < 0 ? 'core' : apiVersion.slice(0, slash).split('.')[0]
  return [`${group}.${apiVersion.slice(slash + 1)}.${kind}`, `meta.v1.${kind}`].find(name => name in schemas)
}

/** Wraps a message that is already encoded. */
export function wrapMessage({ apiVersion, kind }: TypeMeta, message: Uint8Array): Uint8Array {
  const writer = new WireWriter(message.length + apiVersion.length + kind.length + 64)
  writeEnvelope(writer, { apiVersion, kind }, () => writer.raw(message))
  return writer.finish()
}

function writeEnvelope(writer: WireWriter, { apiVersion, kind }: TypeMeta, writeContent: () => void): void {
  writer.string(4, '')
  writer.string(3, '')
  const content = writer.length
  writeContent()
  writer.message(2, content)
  const typeMeta = writer.length
  writer.string(2, kind)
  writer.string(1, apiVersion)
  writer.message(1, typeMeta)
  writer.raw(magic)
}

/** The message of an object alone, as lists hold it. */
export function encodeMessage(schemas: SchemaSet, typeName: string, object: object): Uint8Array {
  const writer = new WireWriter()
  writeStruct(writer, resolveType(schemas, typeName), object as Record<string, unknown>)
  return writer.finish()
}

/** An object, or a list, with its apiVersion and kind, as a response body. */
export function encodeProtobuf(schemas: SchemaSet, typeName: string, object: object): Uint8Array {
  const { apiVersion = '', kind = '' } = object as Partial<TypeMeta>
  const type = resolveType(schemas, typeName)
  const writer = new WireWriter()
  writeEnvelope(writer, { apiVersion, kind }, () => writeStruct(writer, type, object as Record<string, unknown>))
  return writer.finish()
}

/** A list whose items are already encoded as messages (see encodeMessage); `metadata` is its ListMeta. */
export function encodeProtobufList(
  schemas: SchemaSet,
  { apiVersion, kind, metadata }: TypeMeta & { metadata: object },
  items: readonly Uint8Array[],
): Uint8Array {
  const writer = new WireWriter(items.reduce((size, item) => size + item.length + 6, 256))
  writeEnvelope(writer, { apiVersion, kind }, () => {
    for (let i = items.length - 1; i >= 0; i--) writer.bytes(2, items[i]!)
    const before = writer.length
    writeStruct(writer, resolveType(schemas, 'meta.v1.ListMeta'), metadata as Record<string, unknown>)
    writer.message(1, before)
  })
  return writer.finish()
}

interface Unknown extends TypeMeta {
  raw: Buffer
  contentEncoding: string
  contentType: string
}

function readTypeMeta(reader: WireReader): TypeMeta {
  const typeMeta = { apiVersion: '', kind: '' }
  while (!reader.done) {
    const { number, wire } = reader.tag()
    if (number === 1) typeMeta.apiVersion = reader.string()
    else if (number === 2) typeMeta.kind = reader.string()
    else reader.skip(wire)
  }
  return typeMeta
}

/** Opens the envelope without looking into the object. Throws a ProtobufError. */
export function readEnvelope(body: Uint8Array): Unknown {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (!buffer.subarray(0, magic.length).equals(magic))
    throw new ProtobufError(
      `provided data does not appear to be a protobuf message, expected prefix [${[...magic].join(' ')}]`,
    )
  if (buffer.length === magic.length) throw new ProtobufError('empty body')
  const reader = new WireReader(buffer, magic.length)
  const unknown: Unknown = { apiVersion: '', kind: '', raw: Buffer.alloc(0), contentEncoding: '', contentType: '' }
  while (!reader.done) {
    const { number, wire } = reader.tag()
    if (number === 1) Object.assign(unknown, readTypeMeta(reader.message()))
    else if (number === 2) unknown.raw = reader.bytes()
    else if (number === 3) unknown.contentEncoding = reader.string()
    else if (number === 4) unknown.contentType = reader.string()
    else reader.skip(wire)
  }
  return unknown
}

/**
 * Reads a body. `fallback` is the type that the request's path implies, for bodies that do not name theirs. The object carries
 * apiVersion and kind as the envelope has them. Throws a ProtobufError; see readStruct for what is left out.
 */
export function decodeProtobuf(schemas: SchemaSet, body: Uint8Array, fallback?: TypeMeta): Record<string, unknown> {
  const unknown = readEnvelope(body)
  const apiVersion = unknown.apiVersion || (fallback?.apiVersion ?? '')
  const kind = unknown.kind || (fallback?.kind ?? '')
  const typeName = schemaNameOf(schemas, { apiVersion, kind })
  if (!typeName) throw new ProtobufError(`no kind "${kind}" is registered for version "${apiVersion}"`)
  return { apiVersion, kind, ...readStruct(new WireReader(unknown.raw), resolveType(schemas, typeName)) }
}
