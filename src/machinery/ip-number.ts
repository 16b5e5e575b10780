/** Addresses as whole numbers, to count with. */
import type { Ip } from './ip.js'

export const numberOfIp = ({ bytes }: Ip): bigint => bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)

export function ipOfNumber(value: bigint, family: Ip['family']): Ip {
  const length = family === 6 ? 16 : 4
  const bytes = Uint8Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn))
  return { family, bytes }
}
