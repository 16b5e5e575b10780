/** Objects as the store keeps them: JSON that begins with kind, apiVersion and metadata, without a resourceVersion. */
import { escapeHtml } from '../machinery/json/escape-html.js'
import { parseExactJson } from '../machinery/json/parse-exact.js'
import type { KindRef } from '../machinery/kind.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { textOfStored } from './stored-text.js'

type Type = Pick<KindRef, 'group' | 'version' | 'kind'>

const encoder = new TextEncoder()

export const apiVersionOf = ({ group, version }: Type): string => (group ? `${group}/${version}` : version)

/** The object as it is stored and later read: type first, and nothing in metadata that is kept beside it. Shares its fields with `object`. */
export function storedForm(type: Type, object: AnyObject): AnyObject {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object
  const { resourceVersion: _resourceVersion, selfLink: _selfLink, ...meta } = metadata
  return { kind: type.kind, apiVersion: apiVersionOf(type), metadata: meta, ...rest }
}

/** Takes what `storedForm` made. Exact length, no shared pool: the store keeps these bytes for long. */
export const encodeStored = (object: AnyObject): Uint8Array => encoder.encode(escapeHtml(textOfStored(object)))

export const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()

/** Integers beyond 2^53 are kept exact. */
export const decodeStored = (bytes: Uint8Array): AnyObject => parseExactJson(textOf(bytes)) as AnyObject
