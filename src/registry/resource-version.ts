/** Reads the resourceVersion parameter of lists and watches. */

import { badRequest } from '../machinery/status-error.js'

/** Upstream's words for a number it cannot read. */
function parseError(text: string): string {
  const why = /^\d+$/.test(text) ? 'value out of range' : 'invalid syntax'
  return `Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`
}

/** 2^64 and more is no revision for Go. More digits are not worth reading. */
const isRevision = (text: string) =>
  /^\d+$/.test(text) && text.replace(/^0+/, '').length <= 20 && BigInt(text) < 2n ** 64n

/** Undefined for one that is absent or empty; NaN for one that is no number. */
function parse(text: string | undefined): number | bigint | undefined {
  if (!text) return undefined
  if (!isRevision(text)) return Number.NaN
  const revision = Number(text)
  return Number.isSafeInteger(revision) ? revision : BigInt(text)
}

/** Of a list: 400 when it is no number. */
export function listRevision(text: string | undefined): number | bigint | undefined {
  const revision = parse(text)
  if (Number.isNaN(revision)) throw badRequest(`invalid resource version: resourceVersion: ${parseError(text!)}`)
  return revision
}

/** Of a get or a watch: 400 when it is no number. Upstream says the same with a 500: see docs/decisions, "bad input is 4xx". */
export function oneRevision(text: string | undefined, begin = ''): number | bigint | undefined {
  const revision = parse(text)
  if (Number.isNaN(revision)) throw badRequest(`${begin}resourceVersion: ${parseError(text!)}`)
  return revision
}

/** Of an object that is to be written: 400 likewise. */
export function checkWrittenRevision(text: string): void {
  if (!text || isRevision(text)) return
  throw badRequest(parseError(text).replace(/^.*?: (?=strconv)/, ''))
}
