/** Reads the resourceVersion parameter of lists and watches. */

import type { AnyKind } from '../machinery/kind.js'
import { badRequest, invalidObject, type StatusError } from '../machinery/status-error.js'

/** Upstream's words for a number it cannot read. */
function parseError(text: string): string {
  const why = /^\d+$/.test(text) ? 'value out of range' : 'invalid syntax'
  return `Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`
}

/** Undefined for one that is absent or empty; NaN for one that is no number. */
function parse(text: string | undefined): number | undefined {
  if (!text) return undefined
  return /^\d+$/.test(text) && BigInt(text) < 2n ** 64n ? Number(text) : Number.NaN
}

/** Of a list: 400 when it is no number. */
export function listRevision(text: string | undefined): number | undefined {
  const revision = parse(text)
  if (Number.isNaN(revision)) throw badRequest(`invalid resource version: resourceVersion: ${parseError(text!)}`)
  return revision
}

/** Of a watch: 422 when it is no number. */
export function watchRevision(kind: AnyKind, text: string | undefined): number | undefined {
  const revision = parse(text)
  if (Number.isNaN(revision)) throw invalidRevision(kind, text!)
  return revision
}

const invalidRevision = ({ group, names }: AnyKind, text: string): StatusError =>
  invalidObject({ group, kind: names.plural }, '', [
    { type: 'FieldValueInvalid', field: 'resourceVersion', message: parseError(text) },
  ])
