/** Values stored as they are. What somebody has encrypted is refused rather than handed on. */
import { hasPrefix, type Transformer } from './transformer.js'

const encrypted = Buffer.from('k8s:enc:')

/** Whether somebody has encrypted it: upstream reserves this beginning. */
export const isEncrypted = (stored: Uint8Array): boolean => hasPrefix(stored, encrypted)

export const identity: Transformer = {
  toStorage: value => value,
  fromStorage(stored) {
    if (isEncrypted(stored)) throw new Error('identity transformer tried to read encrypted data')
    return { value: stored, isStale: false }
  },
}
