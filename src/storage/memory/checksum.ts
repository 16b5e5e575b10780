/** CRC-32 (IEEE 802.3), as zlib computes it. */
import * as zlib from 'node:zlib'

type Crc32 = (data: Uint8Array, seed?: number) => number

const polynomial = 0xedb88320

function makeTable(): Int32Array {
  const table = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
    table[byte] = value
  }
  return table
}

let table: Int32Array | undefined

/** The same in plain JavaScript: zlib.crc32 came with Node 20.15 and 22.2. */
export const tableCrc32: Crc32 = (data, seed = 0) => {
  table ??= makeTable()
  let crc = ~seed
  for (let i = 0; i < data.length; i++) crc = (crc >>> 8) ^ table[(crc ^ data[i]!) & 0xff]!
  return ~crc >>> 0
}

/** An unsigned 32-bit number. */
export const crc32: Crc32 = (zlib as { crc32?: Crc32 }).crc32 ?? tableCrc32
