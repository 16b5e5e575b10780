/** What is wrong with bytes that should be UTF-8, in the words of Go's YAML reader. */
import { isUtf8 } from 'node:buffer'

/** How many bytes a first one announces; 0: it is none. */
const widthOf = (byte: number): number =>
  byte < 0x80 ? 1 : (byte & 0xe0) === 0xc0 ? 2 : (byte & 0xf0) === 0xe0 ? 3 : (byte & 0xf8) === 0xf0 ? 4 : 0

const least = [0, 0, 0x80, 0x800, 0x10000]

function flawAt(bytes: Buffer, at: number, width: number): string | undefined {
  if (!width) return 'invalid leading UTF-8 octet'
  if (at + width > bytes.length) return 'incomplete UTF-8 octet sequence'
  let code = bytes[at]! & (width === 1 ? 0x7f : 0xff >> (width + 1))
  for (const byte of bytes.subarray(at + 1, at + width)) {
    if ((byte & 0xc0) !== 0x80) return 'invalid trailing UTF-8 octet'
    code = (code << 6) | (byte & 0x3f)
  }
  if (code < least[width]!) return 'invalid length of a UTF-8 sequence'
  return (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff ? 'invalid Unicode character' : undefined
}

/** Undefined for sound text. */
export function utf8Flaw(bytes: Buffer): string | undefined {
  if (isUtf8(bytes)) return undefined
  for (let at = 0; at < bytes.length; at += widthOf(bytes[at]!)) {
    const flaw = flawAt(bytes, at, widthOf(bytes[at]!))
    if (flaw) return flaw
  }
  return undefined
}
