/** Reads what any API server has stored: a stock one keeps built-in kinds in protobuf, and JSON in an order of its own. */
import type { AnyObject } from '../machinery/object-meta.js'
import { decodeProtobuf, readEnvelope, schemaNameOf, wrapMessage } from '../machinery/protobuf/envelope.js'
import { applySchemaDefaults } from '../machinery/schema/defaults.js'
import type { SchemaSet } from '../machinery/schema/types.js'
import { decodeStored, encodeStored, storedForm } from './codec.js'
import { currentDefinition } from './foreign-definitions.js'

const ownBeginning = Buffer.from('{"kind":"')
const protobufBeginning = Buffer.from('k8s\0')
const oldDefinition = Buffer.from('{"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1beta1"')
const brace = 0x7b
const closingBrace = 0x7d

const beginsWith = (value: Uint8Array, beginning: Buffer): boolean =>
  value.length >= beginning.length && beginning.compare(value, 0, beginning.length) === 0

/** Versions that a stock server of v1.34 stores, though it serves a later one that has the same fields. */
const sameAs: Readonly<Record<string, string>> = {
  'resource.k8s.io/v1beta2': 'resource.k8s.io/v1',
  'storage.k8s.io/v1beta1': 'storage.k8s.io/v1',
}

/** Our own form of an object of whatever version. */
function ownForm(object: AnyObject): Uint8Array {
  const { apiVersion = '', kind = '' } = object
  const slash = apiVersion.indexOf('/')
  const group = slash < 0 ? '' : apiVersion.slice(0, slash)
  return encodeStored(storedForm({ group, version: apiVersion.slice(slash + 1), kind }, object))
}

function fromProtobuf(schemas: SchemaSet, value: Uint8Array): Uint8Array {
  const { apiVersion, kind, raw } = readEnvelope(value)
  const later = sameAs[apiVersion]
  if (later) return fromProtobuf(schemas, wrapMessage({ apiVersion: later, kind }, raw))
  const typeName = schemaNameOf(schemas, { apiVersion, kind })
  // Records of a server's own, such as its ranges of ports: no resource.
  if (!typeName) return value
  const object = decodeProtobuf(schemas, value) as AnyObject
  applySchemaDefaults(schemas, typeName, object)
  return ownForm(object)
}

/** Objects as Go prints them end with a line feed, which has no place in a list. */
function withoutLineFeed(value: Uint8Array): Uint8Array {
  let end = value.length
  while (end > 0 && value[end - 1] !== closingBrace) end--
  return end === value.length ? value : value.slice(0, end)
}

/**
 * From stored bytes to bytes as this server would have stored them; its own come back as they are. What is no object is
 * handed on untouched. Throws for what is damaged.
 */
export function readForeignValue(schemas: SchemaSet, value: Uint8Array): Uint8Array {
  if (beginsWith(value, protobufBeginning)) return fromProtobuf(schemas, value)
  if (value[0] !== brace) return value
  if (beginsWith(value, oldDefinition)) return ownForm(currentDefinition(decodeStored(value)))
  if (beginsWith(value, ownBeginning)) return withoutLineFeed(value)
  const object = decodeStored(value)
  return object.metadata ? ownForm(object) : value
}
