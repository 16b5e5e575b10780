/** Tells whether a container's spec changed in a way that needs a new container: as upstream, its name or image. */
import type { AnyContainer } from './pod.js'

const fnvOffset = 0x811c9dc5
const fnvPrime = 0x01000193

/** FNV-1a over the fields that count, in hexadecimal. */
export function hashContainer({ name, image }: AnyContainer): string {
  let hash = fnvOffset
  for (const byte of Buffer.from(JSON.stringify({ name, image }))) hash = Math.imul(hash ^ byte, fnvPrime) >>> 0
  return hash.toString(16)
}
