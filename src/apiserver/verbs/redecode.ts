/** Reads again what admission webhooks made of an object: checked, stripped of what is unknown, defaulted. */
import type { AnyKind } from '../../machinery/kind.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { SchemaSet } from '../../machinery/schema/types.js'
import { applyDefaults, decodeAs } from './decode-body.js'

/** Bodies of subresources that are of another kind, such as Scale, are kept as they come. Throws a DecodeError. */
export const newRedecode =
  (schemas: SchemaSet) =>
  (kind: AnyKind, subresource: string, document: unknown): AnyObject => {
    if (subresource && (document as AnyObject).kind !== kind.kind) return document as AnyObject
    const { object } = decodeAs(schemas, kind, document)
    applyDefaults(schemas, kind, object)
    return object
  }
