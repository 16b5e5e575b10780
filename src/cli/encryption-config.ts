/** The EncryptionConfiguration file: read at the start, and again when it has changed where that is asked for. */
import { load } from 'js-yaml'
import { storedKinds } from '../apis/index.js'
import type { Clock, Timer } from '../machinery/clock.js'
import { KeyResources } from '../registry/key-resources.js'
import { EncryptedStorage } from '../storage/encryption/encrypted-storage.js'
import { identity } from '../storage/encryption/identity.js'
import { readEncryptionConfiguration } from '../storage/encryption/read-configuration.js'
import { resourceTransformers, type TransformerOf } from '../storage/encryption/resource-transformers.js'
import type { Storage } from '../storage/storage.js'
import type { Logger } from '../telemetry/logger.js'
import { UsageError } from './flags.js'

/** Upstream's, in milliseconds. */
const reloadInterval = 60_000

export interface EncryptionFile {
  path: string
  /** What it says now. */
  readText(): Promise<string>
  /** Look again every minute. */
  reload: boolean
  clock: Clock
  log: Logger
}

export interface Encryption {
  /** The store's values, decrypted. Closing it closes the store. */
  within(storage: Storage, form?: { pathPrefix?: string; readValue?(value: Uint8Array): Uint8Array }): Storage
}

/** Throws an Error in upstream's words. */
function parse(text: string, path: string): TransformerOf {
  if (!text) throw new Error(`encryption provider configuration file ${JSON.stringify(path)} is empty`)
  return resourceTransformers(readEncryptionConfiguration(load(text), path))
}

/** Throws UsageError. */
export async function readEncryption(file: EncryptionFile): Promise<Encryption> {
  const { path, reload } = file
  const text = await file.readText()
  let transformerOf: TransformerOf
  try {
    transformerOf = parse(text, path)
  } catch (error) {
    throw new UsageError(`--encryption-provider-config: ${(error as Error).message}`)
  }
  const stop = reload
    ? followFile(file, text, newer => {
        transformerOf = newer
      })
    : () => {}
  const resources = new KeyResources(storedKinds)
  return {
    within: (storage, form) =>
      new EncryptedStorage({
        ...{ storage, log: file.log, ...form },
        transformerOf(key) {
          const resource = resources.of(key)
          return resource.isRecord ? identity : transformerOf(resource)
        },
        onClose: stop,
      }),
  }
}

/** Hands over what the file says now, each time that it says something else and can be used. Returns what ends it. */
function followFile(
  { path, readText, clock, log }: EncryptionFile,
  first: string,
  use: (newer: TransformerOf) => void,
): () => void {
  let [known, isOver]: [string, boolean] = [first, false]
  let timer: Timer
  const look = async () => {
    try {
      const text = await readText()
      if (text !== known) {
        use(parse(text, path))
        log.info({ path }, 'Encryption keys were read anew')
      }
      known = text
    } catch (error) {
      log.error(
        { path, error: (error as Error).message },
        'The encryption configuration cannot be used: the one before stays',
      )
    }
    if (!isOver) timer = clock.after(reloadInterval, look)
  }
  timer = clock.after(reloadInterval, look)
  return () => {
    isOver = true
    timer.cancel()
  }
}
