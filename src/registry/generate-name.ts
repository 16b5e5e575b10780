/** Names and identifiers that the server makes up. */
import type { Random } from '../machinery/clock.js'

// Upstream's: no vowels and no look-alikes, so that no words come out.
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
const suffixLength = 5
const maxNameLength = 63

/** `base` and five random characters; a base that is too long is cut. */
export function generateName(base: string, random: Random): string {
  let name = base.slice(0, maxNameLength - suffixLength)
  for (let i = 0; i < suffixLength; i++) name += alphabet[Math.floor(random.next() * alphabet.length)]
  return name
}

/** A random UUID (version 4). */
export function newUid(random: Random): string {
  const bytes = Buffer.from(random.bytes(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
