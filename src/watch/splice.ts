/** Works on stored bytes without parsing them whole: puts in the revision, reads the metadata alone. */
import type { ObjectMeta } from '../machinery/object-meta.js'

const metadataField = Buffer.from('"metadata":{')
const quote = 0x22
const backslash = 0x5c
const openingBrace = 0x7b
const closingBrace = 0x7d

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Position behind `"metadata":{`, which stands right after kind and apiVersion in everything the registry stores. */
function insertionPoint(bytes: Buffer): number {
  const at = bytes.indexOf(metadataField)
  if (at < 0) throw new Error('stored object has no metadata')
  return at + metadataField.length
}

/** Writes the bytes with `"resourceVersion":"…"` as metadata's first field. */
function splice(target: Buffer, offset: number, { source, at, field }: Insertion): void {
  source.copy(target, offset, 0, at)
  target.write(field, offset + at, 'latin1')
  source.copy(target, offset + at + field.length, at)
}

interface Insertion {
  source: Buffer
  /** Where the field goes. */
  at: number
  field: string
}

function insertionOf(bytes: Uint8Array, revision: number): Insertion {
  const source = asBuffer(bytes)
  const at = insertionPoint(source)
  return { source, at, field: `"resourceVersion":"${revision}"${source[at] === closingBrace ? '' : ','}` }
}

/** A copy with `"resourceVersion":"…"` as metadata's first field: an object is serialized once per revision. */
export function withResourceVersion(bytes: Uint8Array, revision: number): Uint8Array {
  const insertion = insertionOf(bytes, revision)
  const target = Buffer.allocUnsafeSlow(bytes.length + insertion.field.length)
  splice(target, 0, insertion)
  return target
}

/** What stands around an object on its line. */
export interface Surroundings {
  before: Uint8Array
  after: Uint8Array
}

/** As `withResourceVersion`, and what surrounds it: one copy of the bytes makes the line. */
export function lineWithResourceVersion(
  bytes: Uint8Array,
  revision: number,
  { before, after }: Surroundings,
): Uint8Array {
  const insertion = insertionOf(bytes, revision)
  const end = before.length + bytes.length + insertion.field.length
  const target = Buffer.allocUnsafe(end + after.length)
  target.set(before)
  splice(target, before.length, insertion)
  target.set(after, end)
  return target
}

/** Position of the quote that ends the string whose first character is at `start`. */
function endOfString(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf(quote, start); ; at = bytes.indexOf(quote, at + 1)) {
    let escapes = 0
    while (bytes[at - 1 - escapes] === backslash) escapes++
    if (escapes % 2 === 0) return at
  }
}

/** The metadata, at the price of its own length: a tenth of what parsing the object would cost. */
export function readMetadata(bytes: Uint8Array): ObjectMeta {
  const source = asBuffer(bytes)
  const start = insertionPoint(source) - 1
  let depth = 0
  for (let at = start; at < source.length; at++) {
    const byte = source[at]
    if (byte === quote) at = endOfString(source, at + 1)
    else if (byte === openingBrace) depth++
    else if (byte === closingBrace && --depth === 0) return JSON.parse(source.toString('utf8', start, at + 1))
  }
  throw new Error('metadata of a stored object does not end')
}
