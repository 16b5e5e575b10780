/** PartialObjectMetadata: an object's metadata and nothing else. */
import { stringifyJson } from '../../machinery/json/stringify.js'
import type { StoredObject } from '../../registry/rest.js'

const remembered = new WeakMap<StoredObject, Uint8Array>()
const head = '{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":'

/** The JSON, made once for each revision that is kept. */
export function metadataBytes(stored: StoredObject): Uint8Array {
  let bytes = remembered.get(stored)
  if (!bytes) {
    bytes = Buffer.from(`${head}${stringifyJson(stored.object.metadata)}}`)
    remembered.set(stored, bytes)
  }
  return bytes
}

/** The object itself, for encodings other than JSON. */
export const partialMetadata = ({ object }: StoredObject) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: object.metadata,
})
