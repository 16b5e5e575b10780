/** One revision of an object in the watch cache: bytes for the wire and the decoded object, both made when first asked for. */
import type { AnyObject } from '../machinery/object-meta.js'
import type { Stored } from '../storage/storage.js'
import type { Adoption } from './adoption.js'
import { CacheEvent } from './event.js'
import { lineWithResourceVersion, readMetadata, type Surroundings, withResourceVersion } from './splice.js'

/** How stored bytes become objects; one for each cache. */
export interface EntrySource {
  decode(bytes: Uint8Array): AnyObject
  adoption?: Adoption
}

/**
 * Keeps only the stored bytes, which it shares with the engine. Object and bytes with resourceVersion are held weakly:
 * informers that hold an object share it, and one that nobody holds costs nothing but a parse when it is wanted again.
 */
export class Entry {
  readonly key: string
  readonly revision: number
  /** Nobody has written it since it was created. */
  readonly isFirst: boolean
  readonly #stored: Uint8Array
  readonly #source: EntrySource
  #object: WeakRef<AnyObject> | undefined
  #bytes: WeakRef<Uint8Array> | undefined
  #added: WeakRef<CacheEvent> | undefined
  #labels: Readonly<Record<string, string>> | undefined | null = null
  #fields: Record<string, string> | undefined

  constructor(stored: Stored, source: EntrySource) {
    this.key = stored.key
    this.revision = stored.modRevision
    this.isFirst = stored.modRevision === stored.createRevision
    this.#stored = stored.bytes
    this.#source = source
    const adopted = source.adoption?.take(stored.bytes)
    if (adopted) this.#keep(adopted)
  }

  /** Shared: never change it. */
  get object(): AnyObject {
    return this.#object?.deref() ?? this.#keep(this.#source.decode(this.#stored))
  }

  /** JSON with metadata.resourceVersion. */
  get bytes(): Uint8Array {
    const known = this.#bytes?.deref()
    if (known) return known
    const bytes = withResourceVersion(this.#stored, this.revision)
    this.#bytes = new WeakRef(bytes)
    return bytes
  }

  /** `bytes`, with what surrounds them. */
  line(surroundings: Surroundings): Uint8Array {
    return lineWithResourceVersion(this.#stored, this.revision, surroundings)
  }

  /** As stored, without resourceVersion. */
  get storedBytes(): Uint8Array {
    return this.#stored
  }

  get labels(): Readonly<Record<string, string>> | undefined {
    if (this.#labels === null) this.#labels = readMetadata(this.#stored).labels
    return this.#labels
  }

  /** A selectable field's value, read once: indexes and watchers ask for it long after the object was parsed. */
  field(name: string, read: (object: AnyObject) => string): string {
    this.#fields ??= {}
    return (this.#fields[name] ??= readSafely(read, this.object))
  }

  /** The event that tells a watcher this object is there; shared by all who begin with what is there. */
  get added(): CacheEvent {
    const known = this.#added?.deref()
    if (known) return known
    const event = new CacheEvent('ADDED', this)
    this.#added = new WeakRef(event)
    return event
  }

  /** What watchers hear when this state is gone: the last state, at the revision of the change that ended it. */
  tombstone(revision: number): Entry {
    const stored = { key: this.key, bytes: this.#stored, createRevision: 0, modRevision: revision }
    const entry = new Entry(stored, { decode: this.#source.decode })
    const object = this.#object?.deref()
    if (object) entry.#keep({ ...object, metadata: { ...object.metadata } })
    return entry
  }

  #keep(object: AnyObject): AnyObject {
    object.metadata.resourceVersion = String(this.revision)
    this.#object = new WeakRef(object)
    // Labels are small, and selectors ask for them long after: without this they would parse everything again.
    this.#labels = object.metadata.labels
    return object
  }
}

/** A field that an object of odd shape does not have is empty: one object must not stop what follows the store. */
function readSafely(read: (object: AnyObject) => string, object: AnyObject): string {
  try {
    return read(object)
  } catch {
    return ''
  }
}
