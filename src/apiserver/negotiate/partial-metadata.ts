/** PartialObjectMetadata: an object's metadata and nothing else. */
import { stringifyJson } from '../../machinery/json/stringify.js'
import type { StoredObject } from '../../registry/rest.js'

const remembered = new WeakMap<StoredObject, Uint8Array>()
/** Of Table and PartialObjectMetadata: the second is for old clients. */
export type MetaVersion = 'v1' | 'v1beta1'
const head = (version: MetaVersion) =>
  `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":`
const json = ({ object }: StoredObject, version: MetaVersion) =>
  Buffer.from(`${head(version)}${stringifyJson(object.metadata)}}`)

/** The JSON, made once for each revision that is kept; that for old clients each time. */
export function metadataBytes(stored: StoredObject, version: MetaVersion = 'v1'): Uint8Array {
  if (version !== 'v1') return json(stored, version)
  let bytes = remembered.get(stored)
  if (!bytes) {
    bytes = json(stored, version)
    remembered.set(stored, bytes)
  }
  return bytes
}

/** The object itself, for encodings other than JSON. */
export const partialMetadata = ({ object }: StoredObject, version: MetaVersion = 'v1') => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata: object.metadata,
})
