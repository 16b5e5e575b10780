/** PartialObjectMetadata: an object's metadata and nothing else. */
import { escapeHtml } from '../../machinery/json/escape-html.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { StoredObject } from '../../registry/rest.js'
import { textOfMetadata } from '../../registry/stored-text.js'

const remembered = new WeakMap<StoredObject, Uint8Array>()
/** Of Table and PartialObjectMetadata: the second is for old clients. */
export type MetaVersion = 'v1' | 'v1beta1'
const head = (version: MetaVersion) =>
  `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":`

export interface MetadataForm {
  kind: Pick<AnyKind, 'hiddenAnnotations'>
  version?: MetaVersion
}

function shownMetadata({ object: { metadata } }: StoredObject, { hiddenAnnotations = [] }: MetadataForm['kind']) {
  const { annotations = {}, ...rest } = metadata
  if (!hiddenAnnotations.some(key => key in annotations)) return metadata
  const shown = Object.entries(annotations).filter(([key]) => !hiddenAnnotations.includes(key))
  return shown.length ? { ...metadata, annotations: Object.fromEntries(shown) } : rest
}

const json = (stored: StoredObject, kind: MetadataForm['kind'], version: MetaVersion) =>
  Buffer.from(`${head(version)}${escapeHtml(textOfMetadata(shownMetadata(stored, kind)))}}`)

/** The JSON, made once for each revision that is kept; that for old clients each time. */
export function metadataBytes(stored: StoredObject, { kind, version = 'v1' }: MetadataForm): Uint8Array {
  if (version !== 'v1') return json(stored, kind, version)
  let bytes = remembered.get(stored)
  if (!bytes) {
    bytes = json(stored, kind, version)
    remembered.set(stored, bytes)
  }
  return bytes
}

/** The object itself, for encodings other than JSON. */
export const partialMetadata = (stored: StoredObject, { kind, version = 'v1' }: MetadataForm) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata: shownMetadata(stored, kind),
})
