/** Puts an object's revision into its stored bytes, so that an object is serialized once per revision. */

const metadataField = Buffer.from('"metadata":{')
const closingBrace = 0x7d

/** Position behind `"metadata":{`, which stands right after kind and apiVersion in everything the registry stores. */
function insertionPoint(bytes: Buffer): number {
  const at = bytes.indexOf(metadataField)
  if (at < 0) throw new Error('stored object has no metadata')
  return at + metadataField.length
}

/** A copy with `"resourceVersion":"…"` as metadata's first field. */
export function withResourceVersion(bytes: Uint8Array, revision: number): Uint8Array {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const at = insertionPoint(source)
  const field = `"resourceVersion":"${revision}"${source[at] === closingBrace ? '' : ','}`
  const target = Buffer.allocUnsafeSlow(source.length + field.length)
  source.copy(target, 0, 0, at)
  target.write(field, at, 'latin1')
  source.copy(target, at + field.length, at)
  return target
}
