/** The bytes of an object or a list in the form that was negotiated. */
import { stringifyJson } from '../../machinery/json/stringify.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { ListMeta } from '../../machinery/object-meta.js'
import { encodeMessage, encodeProtobuf, encodeProtobufList, wrapMessage } from '../../machinery/protobuf/envelope.js'
import type { SchemaSet } from '../../machinery/schema/types.js'
import type { StoredList, StoredObject } from '../../registry/rest.js'
import { toYaml } from './yaml.js'

export interface Pieces {
  pieces: Iterable<Uint8Array>
  /** Of all pieces together. */
  bytes: number
}

export const listMeta = ({ revision, continue: token, remainingItemCount }: StoredList): ListMeta => ({
  resourceVersion: String(revision),
  ...(token && { continue: token }),
  ...(token && remainingItemCount && { remainingItemCount }),
})

/** Indented JSON; numbers beyond 2^53 make it fall back to a single line. */
export function prettyJson(value: unknown): string {
  try {
    return JSON.stringify(value, null, 2)
  } catch (error) {
    if (error instanceof TypeError) return stringifyJson(value)
    throw error
  }
}

interface Prefixes {
  /** How stored bytes of the kind may begin; items of a list do without. */
  known: readonly Buffer[]
}

const prefixes = new WeakMap<AnyKind, Prefixes>()

function prefixesOf(kind: AnyKind): readonly Buffer[] {
  let found = prefixes.get(kind)
  if (!found) {
    const [k, v] = [`"kind":${JSON.stringify(kind.kind)}`, `"apiVersion":${JSON.stringify(kind.apiVersion)}`]
    found = { known: [Buffer.from(`{${k},${v},`), Buffer.from(`{${v},${k},`)] }
    prefixes.set(kind, found)
  }
  return found.known
}

const open = Buffer.from('{')
const comma = Buffer.from(',')
const end = Buffer.from(']}')

const startsWith = (bytes: Uint8Array, prefix: Buffer) =>
  bytes.length > prefix.length && prefix.compare(bytes, 0, prefix.length) === 0

/** The list as JSON, put together from the bytes of its items, which leave kind and apiVersion to the list as upstream's do. */
export function listJson(kind: AnyKind, list: StoredList): Pieces {
  const head = `{"kind":"${kind.listKind}","apiVersion":"${kind.apiVersion}","metadata":${JSON.stringify(listMeta(list))},"items":[`
  const pieces: Uint8Array[] = [Buffer.from(head)]
  const known = prefixesOf(kind)
  for (const item of list.items) {
    if (pieces.length > 1) pieces.push(comma)
    const { bytes } = item
    const prefix = known.find(candidate => startsWith(bytes, candidate))
    if (prefix) pieces.push(open, bytes.subarray(prefix.length))
    else pieces.push(bytes)
  }
  pieces.push(end)
  return { pieces, bytes: pieces.reduce((sum, piece) => sum + piece.length, 0) }
}

/** The list as a value, for YAML and for people. */
export const listValue = (kind: AnyKind, list: StoredList) => ({
  kind: kind.listKind,
  apiVersion: kind.apiVersion,
  metadata: listMeta(list),
  items: list.items.map(({ object: { kind: _, apiVersion: __, ...rest } }) => rest),
})

const messages = new WeakMap<StoredObject, Uint8Array>()

/** The protobuf message of a stored object, made once for each revision that is kept. */
export function messageOf(schemas: SchemaSet, kind: AnyKind, stored: StoredObject): Uint8Array {
  let message = messages.get(stored)
  if (!message) {
    message = encodeMessage(schemas, kind.schema, stored.object)
    messages.set(stored, message)
  }
  return message
}

export const protobufObject = (schemas: SchemaSet, kind: AnyKind, stored: StoredObject): Uint8Array =>
  wrapMessage(kind, messageOf(schemas, kind, stored))

export const protobufList = (schemas: SchemaSet, kind: AnyKind, list: StoredList): Uint8Array =>
  encodeProtobufList(
    schemas,
    { kind: kind.listKind, apiVersion: kind.apiVersion, metadata: listMeta(list) },
    list.items.map(item => messageOf(schemas, kind, item)),
  )

/** A value that is not stored, such as a Status; `schema` names its type. */
export async function encodeValue(
  value: object,
  encoding: 'json' | 'yaml' | 'protobuf',
  { schemas, schema, pretty }: { schemas: SchemaSet; schema: string; pretty: boolean },
): Promise<Uint8Array | string> {
  if (encoding === 'protobuf' && schema in schemas) return encodeProtobuf(schemas, schema, value)
  if (encoding === 'yaml') return toYaml(value)
  return pretty ? prettyJson(value) : stringifyJson(value)
}
