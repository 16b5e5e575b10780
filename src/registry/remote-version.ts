/** For a kind whose versions a webhook converts: what is shown was converted before. */
import type { KindConversion } from '../apis/conversion.js'
import { stringifyJson } from '../machinery/json/stringify.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { CacheEvent } from '../watch/event.js'
import type { StoredObject } from './rest.js'
import { convertedVersion, type Version } from './version.js'

type Remote = NonNullable<KindConversion['remote']>

class RemoteObject implements StoredObject {
  #bytes: Uint8Array | undefined

  constructor(
    readonly revision: number,
    readonly object: AnyObject,
  ) {}

  get bytes(): Uint8Array {
    this.#bytes ??= new TextEncoder().encode(stringifyJson(this.object))
    return this.#bytes
  }
}

/** What lies in the store in the version that is asked for is shown without asking anyone. */
export function remoteVersion(conversion: KindConversion, remote: Remote): Version {
  const { spoke, hub } = conversion
  const local = convertedVersion(conversion)
  const converted = new WeakMap<StoredObject, StoredObject>()
  const events = new WeakMap<CacheEvent, CacheEvent>()
  const show = (entry: StoredObject) => converted.get(entry) ?? local.show(entry)
  return {
    ...local,
    show,
    showEvent(event) {
      if (event.type === 'BOOKMARK' || event.type === 'ERROR') return event
      const known = events.get(event) ?? new CacheEvent(event.type, show(event.stored))
      events.set(event, known)
      return known
    },
    remote: {
      async prepare(entries) {
        const strange = entries.filter(entry => !converted.has(entry) && entry.object.apiVersion !== spoke.apiVersion)
        if (!strange.length) return
        const objects = await remote(
          strange.map(entry => entry.object),
          spoke,
        )
        for (const [i, entry] of strange.entries()) converted.set(entry, new RemoteObject(entry.revision, objects[i]!))
      },
      async toStored(object) {
        if (object.apiVersion === hub.apiVersion) return local.toStored(object)
        const [stored] = await remote([object], hub)
        return stored!
      },
    },
  }
}
