/** What watchers are told. One event is shared by all watchers that get it, and its wire form is made once. */
import { stringifyJson } from '../machinery/json/stringify.js'
import type { AnyObject } from '../machinery/object-meta.js'
import type { WatchEventType } from '../machinery/request.js'
import type { Status } from '../machinery/status-error.js'
import type { Surroundings } from './splice.js'

/** One state of an object as an event carries it; the registry's StoredObject. */
export interface EventObject {
  readonly object: AnyObject
  readonly revision: number
  readonly bytes: Uint8Array
  /** `bytes`, with what surrounds them, where that takes less than joining them. */
  line?(surroundings: Surroundings): Uint8Array
}

const heads: Readonly<Record<WatchEventType, Buffer>> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
  BOOKMARK: Buffer.from('{"type":"BOOKMARK","object":'),
  ERROR: Buffer.from('{"type":"ERROR","object":'),
}
const tail = Buffer.from('}\n')

export class CacheEvent {
  readonly type: WatchEventType
  readonly stored: EventObject
  /** ERROR only; then `stored.bytes` is the Status. */
  readonly status?: Status
  #frame: WeakRef<Uint8Array> | undefined

  constructor(type: WatchEventType, stored: EventObject, status?: Status) {
    this.type = type
    this.stored = stored
    if (status) this.status = status
  }

  /** The event as a line of JSON, as it goes over the wire. Shared by all connections: never change it. */
  get frame(): Uint8Array {
    const known = this.#frame?.deref()
    if (known) return known
    const { stored } = this
    const surroundings = { before: heads[this.type], after: tail }
    const frame = stored.line?.(surroundings) ?? Buffer.concat([surroundings.before, stored.bytes, tail])
    this.#frame = new WeakRef(frame)
    return frame
  }
}

/** An object made for one event, such as a bookmark. */
function eventObject(object: AnyObject, revision: number): EventObject {
  return { object, revision, bytes: new TextEncoder().encode(stringifyJson(object)) }
}

/** The annotation of the bookmark that ends the initial events. */
export const initialEventsEnd = 'k8s.io/initial-events-end'

export interface BookmarkType {
  apiVersion: string
  kind: string
  /** What an object of the type holds, besides metadata, with nothing set. */
  zero?: Readonly<Record<string, unknown>>
}

/** A bookmark of that type at that revision: everything before it has been sent. */
export function newBookmark(type: BookmarkType, revision: number, annotations?: Record<string, string>): CacheEvent {
  const metadata = { resourceVersion: String(revision), ...(annotations && { annotations }) }
  const object = { kind: type.kind, apiVersion: type.apiVersion, metadata, ...type.zero } as unknown as AnyObject
  return new CacheEvent('BOOKMARK', eventObject(object, revision))
}

/** Tells a watcher why it ends. */
export const newErrorEvent = (status: Status): CacheEvent =>
  new CacheEvent('ERROR', eventObject(status as unknown as AnyObject, 0), status)
