/** Random identifiers, version 4. Random bytes are fetched for many at once: a system call for each would cost more than the rest. */
import type { Random } from '../machinery/clock.js'

const uuidBytes = 16
const batch = 128

/** `at` is where the 16 bytes begin. */
function format(bytes: Uint8Array, at: number): string {
  const copy = Buffer.from(bytes.subarray(at, at + uuidBytes))
  copy[6] = (copy[6]! & 0x0f) | 0x40
  copy[8] = (copy[8]! & 0x3f) | 0x80
  const text = copy.toString('hex')
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`
}

/** A source of identifiers. */
export function newUuidSource(random: Random): () => string {
  let bytes: Uint8Array = new Uint8Array()
  let at = 0
  return () => {
    if (at >= bytes.length) {
      bytes = random.bytes(uuidBytes * batch)
      at = 0
    }
    const uuid = format(bytes, at)
    at += uuidBytes
    return uuid
  }
}
