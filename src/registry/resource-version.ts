/** Reads the resourceVersion parameter of lists and watches. */

import { badRequest, StatusError } from '../machinery/status-error.js'

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

/** Of a get or a watch: a plain error of upstream's, and so a 500, when it is no number. */
export function oneRevision(text: string | undefined): number | undefined {
  const revision = parse(text)
  if (Number.isNaN(revision)) throw new StatusError(500, '', `resourceVersion: ${parseError(text!)}`)
  return revision
}

/** Of an object that is to be written: a 500 likewise. */
export function checkWrittenRevision(text: string): void {
  if (Number.isNaN(parse(text))) throw new StatusError(500, '', parseError(text).replace(/^.*?: (?=strconv)/, ''))
}
