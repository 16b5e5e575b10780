/** The bytes of an object or a list in the form that was negotiated. */
import { escapeHtml } from '../../machinery/json/escape-html.js'
import { stringifyJson } from '../../machinery/json/stringify.js'
import type { AnyKind } from '../../machinery/kind.js'
import { encodeMessage, encodeProtobuf, encodeProtobufList, wrapMessage } from '../../machinery/protobuf/envelope.js'
import type { SchemaSet } from '../../machinery/schema/types.js'
import type { StoredList, StoredObject } from '../../registry/rest.js'
import { listMeta } from './list-meta.js'
import { toYaml } from './yaml/to-yaml.js'

/** Indented JSON, for people. */
export const prettyJson = (value: unknown): string => escapeHtml(stringifyJson(value, 2))

/** JSON for programs: upstream's ends with a newline. */
export const jsonLine = (json: string): string => `${escapeHtml(json)}\n`

/** The list as a value, for YAML and for people. */
export const listValue = (kind: AnyKind, list: StoredList) => ({
  kind: kind.listKind,
  apiVersion: kind.apiVersion,
  metadata: kind.custom ? { continue: '', ...listMeta(list) } : listMeta(list),
  items: kind.custom
    ? list.items.map(item => item.object)
    : list.items.map(({ object: { kind: _, apiVersion: __, ...rest } }) => rest),
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
  return pretty ? prettyJson(value) : jsonLine(stringifyJson(value))
}
