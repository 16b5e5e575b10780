/** AES at rest as upstream stores it: CBC with PKCS #7 padding behind its IV, and GCM with its tag, bound to the key's path. */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { joined, type Transformer } from './transformer.js'

const blockSize = 16
const nonceSize = 12
const tagSize = 16

const tooShort = () => new Error('the stored data was shorter than the required size')

function withoutPadding(padded: Buffer): Buffer {
  const size = padded.at(-1) ?? 0
  if (size === 0 || size > padded.length) throw new Error('invalid PKCS7 data (empty or not padded)')
  if (padded.subarray(-size).some(byte => byte !== size)) throw new Error('invalid padding on input')
  return padded.subarray(0, -size)
}

/** `key`: 16, 24 or 32 bytes. */
export function aesCbc(key: Uint8Array): Transformer {
  const secret = createSecretKey(key)
  const algorithm = `aes-${key.length * 8}-cbc`
  return {
    toStorage(value) {
      const iv = randomBytes(blockSize)
      const cipher = createCipheriv(algorithm, secret, iv)
      return joined([iv, cipher.update(value), cipher.final()])
    },
    fromStorage(stored) {
      if (stored.length < blockSize) throw tooShort()
      if (stored.length % blockSize) throw new Error('the stored data is not a multiple of the block size')
      const decipher = createDecipheriv(algorithm, secret, stored.subarray(0, blockSize)).setAutoPadding(false)
      return { value: withoutPadding(decipher.update(stored.subarray(blockSize))), isStale: false }
    },
  }
}

/** `key`: 16, 24 or 32 bytes. */
export function aesGcm(key: Uint8Array): Transformer {
  const secret = createSecretKey(key)
  const algorithm = `aes-${key.length * 8}-gcm` as 'aes-256-gcm'
  return {
    toStorage(value, path) {
      const nonce = randomBytes(nonceSize)
      const cipher = createCipheriv(algorithm, secret, nonce).setAAD(Buffer.from(path))
      return joined([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()])
    },
    fromStorage(stored, path) {
      if (stored.length < nonceSize) throw tooShort()
      const body = stored.subarray(nonceSize, Math.max(nonceSize, stored.length - tagSize))
      try {
        const decipher = createDecipheriv(algorithm, secret, stored.subarray(0, nonceSize))
          .setAAD(Buffer.from(path))
          .setAuthTag(stored.subarray(stored.length - tagSize))
        const value = decipher.update(body)
        decipher.final()
        return { value, isStale: false }
      } catch {
        throw new Error('cipher: message authentication failed')
      }
    },
  }
}
