/** NaCl's secretbox (XSalsa20 and Poly1305) as upstream stores it: the nonce, then the box. */
import { randomBytes } from 'node:crypto'
import { secretbox as naclBox } from '@noble/ciphers/salsa'
import { joined, type Transformer } from './transformer.js'

const nonceSize = 24
const overhead = 16

/** `key`: 32 bytes. */
export const secretbox = (key: Uint8Array): Transformer => ({
  toStorage(value) {
    const nonce = randomBytes(nonceSize)
    return joined([nonce, naclBox(key, nonce).seal(value)])
  },
  fromStorage(stored) {
    if (stored.length < nonceSize + overhead) throw new Error('the stored data was shorter than the required size')
    try {
      return { value: naclBox(key, stored.subarray(0, nonceSize)).open(stored.subarray(nonceSize)), isStale: false }
    } catch {
      // Upstream's sentence for a box that does not open.
      throw new Error('output array was not large enough for encryption')
    }
  },
})
