/** A kind's version against the stored one: the same for most kinds, converted for those served in several. */
import type { KindConversion } from '../apis/conversion.js'
import { stringifyJson } from '../machinery/json/stringify.js'
import type { AnyKind } from '../machinery/kind.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { CacheEvent } from '../watch/event.js'
import { apiVersionOf } from './codec.js'
import type { StoredObject } from './rest.js'

export interface Version {
  /** What is stored. */
  readonly stored: AnyKind
  /** Nothing has to be converted. */
  readonly isStored: boolean
  toStored(object: AnyObject): AnyObject
  show(entry: StoredObject): StoredObject
  showEvent(event: CacheEvent): CacheEvent
  /** Where it is there, the conversion leaves the process: its results are waited for before anything is shown or stored. */
  readonly remote?: RemoteConversion
}

export interface RemoteConversion {
  /** When it resolves, `show` may be called with these. Throws a StatusError. */
  prepare(entries: readonly StoredObject[]): Promise<void>
  /** In place of the version's own. */
  toStored(object: AnyObject): Promise<AnyObject>
}

/** For the kind that is stored itself. */
export const storedVersion = (kind: AnyKind): Version => ({
  stored: kind,
  isStored: true,
  toStored: object => object,
  show: entry => entry,
  showEvent: event => event,
})

class ConvertedObject implements StoredObject {
  readonly revision: number
  readonly #source: StoredObject
  readonly #conversion: KindConversion
  #object: AnyObject | undefined
  #bytes: Uint8Array | undefined

  constructor(source: StoredObject, conversion: KindConversion) {
    this.revision = source.revision
    this.#source = source
    this.#conversion = conversion
  }

  get object(): AnyObject {
    return (this.#object ??= this.#convert())
  }

  get bytes(): Uint8Array {
    this.#bytes ??= new TextEncoder().encode(stringifyJson(this.object))
    return this.#bytes
  }

  #convert(): AnyObject {
    const { fromHub, spoke } = this.#conversion
    const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = fromHub(this.#source.object) as AnyObject
    return { kind: spoke.kind, apiVersion: apiVersionOf(spoke), metadata, ...rest }
  }
}

/** What needs no conversion is shown as it is stored, by the bytes that are there. */
const kept = (entry: StoredObject, { keepsUnchanged, fromHub }: KindConversion): StoredObject | undefined =>
  keepsUnchanged && fromHub(entry.object) === entry.object ? entry : undefined

/** For a kind that is stored as another; what was converted is kept as long as the stored form is. */
export function convertedVersion(conversion: KindConversion): Version {
  const objects = new WeakMap<StoredObject, StoredObject>()
  const events = new WeakMap<CacheEvent, CacheEvent>()
  const show = (entry: StoredObject) => {
    const known = objects.get(entry)
    if (known) return known
    const shown = kept(entry, conversion) ?? new ConvertedObject(entry, conversion)
    objects.set(entry, shown)
    return shown
  }
  return {
    stored: conversion.hub,
    isStored: false,
    toStored: object => conversion.toHub(object) as AnyObject,
    show,
    showEvent(event) {
      if (event.type === 'BOOKMARK' || event.type === 'ERROR') return event
      const known = events.get(event)
      if (known) return known
      const shown = new CacheEvent(event.type, show(event.stored))
      events.set(event, shown)
      return shown
    },
  }
}
