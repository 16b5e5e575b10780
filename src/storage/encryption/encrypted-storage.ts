/** A store whose values lie in another one encrypted, or in whatever form an older or a stock server has put them there. */
import type { Logger } from '../../telemetry/logger.js'
import {
  KeyConflict,
  type Page,
  type PutOptions,
  type Storage,
  type StorageEvent,
  type StorageListener,
  type StorageListOptions,
  type Stored,
  UnreadableValue,
} from '../storage.js'
import { watchHistory } from '../watch-history.js'
import type { FromStorage, Transformer } from './transformer.js'

export interface EncryptedStorageOptions {
  /** Where the values lie. */
  storage: Storage
  log: Logger
  /** Asked again for each value: it may change. */
  transformerOf(key: string): Transformer
  /** What stands before keys in the store, and so in what an encrypted value is bound to. */
  pathPrefix?: string
  /** From a value that is not encrypted any more to the form in which this server writes. Default: as it is. Throws what cannot be read. */
  readValue?(value: Uint8Array): Uint8Array
  /** Ends what goes on beside. */
  onClose?(): void
}

export class EncryptedStorage implements Storage {
  readonly #options: EncryptedStorageOptions
  readonly #storage: Storage
  /** By the bytes that lie in the store: what a writer gave away comes back as the same bytes, and nothing is read twice. */
  readonly #values = new WeakMap<Uint8Array, Uint8Array>()
  readonly sync?: () => Promise<void>

  constructor(options: EncryptedStorageOptions) {
    const { storage } = options
    this.#options = options
    this.#storage = storage
    if (storage.sync) this.sync = () => storage.sync!()
  }

  revision(): number {
    return this.#storage.revision()
  }

  compacted(): number {
    return this.#storage.compacted()
  }

  async get(key: string): Promise<Stored | undefined> {
    const stored = await this.#storage.get(key)
    return stored && this.#read(stored)
  }

  async list(prefix: string, options?: StorageListOptions): Promise<Page> {
    const page = await this.#storage.list(prefix, options)
    return { ...page, items: page.items.map(stored => this.#read(stored)) }
  }

  async put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<Stored> {
    const form = this.#options.transformerOf(key).toStorage(bytes, this.#pathOf(key))
    if (form !== bytes) this.#values.set(form, bytes)
    return this.#read(await this.#storage.put(key, form, options).catch(error => this.#fail(error)))
  }

  async delete(key: string, options?: { expect?: number }): Promise<{ previous: Stored; revision: number }> {
    const { previous, revision } = await this.#storage.delete(key, options).catch(error => this.#fail(error))
    return { previous: this.#read(previous), revision }
  }

  watch(prefix: string, fromRevision: number, signal: AbortSignal): AsyncIterable<StorageEvent> {
    return watchHistory(this, prefix, fromRevision, signal)
  }

  /** A value that cannot be read counts as lost for who listens, and is thrown where it belongs to the past. */
  subscribe(prefix: string, fromRevision: number, listener: StorageListener, onLost?: () => void): () => void {
    let isPast = true
    const take: StorageListener = raw => {
      try {
        listener(raw.map(event => this.#event(event)))
      } catch (error) {
        if (isPast || !(error instanceof UnreadableValue)) throw error
        this.#options.log.error({ key: error.key, error: error.message }, 'A value in the store cannot be read')
        onLost?.()
      }
    }
    const end = this.#storage.subscribe(prefix, fromRevision, take, onLost)
    isPast = false
    return end
  }

  async isStale(key: string): Promise<boolean> {
    const stored = await this.#storage.get(key)
    return stored !== undefined && this.#decrypt(stored).isStale
  }

  compact(revision: number): Promise<void> {
    return this.#storage.compact(revision)
  }

  close(): Promise<void> {
    this.#options.onClose?.()
    return this.#storage.close()
  }

  #pathOf(key: string): string {
    return (this.#options.pathPrefix ?? '') + key
  }

  #decrypt({ key, bytes }: Stored): FromStorage {
    try {
      return this.#options.transformerOf(key).fromStorage(bytes, this.#pathOf(key))
    } catch (error) {
      throw new UnreadableValue(key, (error as Error).message)
    }
  }

  #read(stored: Stored): Stored {
    const { key, bytes } = stored
    const known = this.#values.get(bytes)
    if (known) return { ...stored, bytes: known }
    const { value } = this.#decrypt(stored)
    const read = this.#inOwnForm(key, value)
    if (read === bytes) return stored
    this.#values.set(bytes, read)
    return { ...stored, bytes: read }
  }

  #inOwnForm(key: string, value: Uint8Array): Uint8Array {
    const { readValue } = this.#options
    try {
      return readValue ? readValue(value) : value
    } catch (error) {
      throw new UnreadableValue(key, (error as Error).message)
    }
  }

  #event({ current, previous, ...event }: StorageEvent): StorageEvent {
    return {
      ...event,
      ...(current && { current: this.#read(current) }),
      ...(previous && { previous: this.#read(previous) }),
    }
  }

  #fail(error: unknown): never {
    if (error instanceof KeyConflict && error.current) throw new KeyConflict(error.key, this.#read(error.current))
    throw error
  }
}
