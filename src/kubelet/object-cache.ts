/** ConfigMaps and secrets that pods refer to, each followed by a watch of its own: all that a node may read. */
import { type Informer, type InformerDeps, newInformer } from '../client/informer.js'
import type { KindRef } from '../machinery/kind.js'
import type { KubernetesObject } from '../machinery/object-meta.js'
import { notFound, serviceUnavailable } from '../machinery/status-error.js'

export interface ObjectCache<T extends KubernetesObject> {
  /** The object as it is now, followed from here on for that pod. Rejects with NotFound. */
  get(podUid: string, namespace: string, name: string): Promise<T>
  /** Ends what was followed for the pod alone. */
  release(podUid: string): void
  stop(): void
}

interface Followed<T extends KubernetesObject> {
  informer: Informer<T>
  pods: Set<string>
}

const firstListTimeoutMs = 30_000

/** `changed` hears which pods refer to an object that came, changed or went. */
export function newObjectCache<T extends KubernetesObject>(
  kind: KindRef<T>,
  deps: InformerDeps,
  changed: (podUids: readonly string[]) => void,
): ObjectCache<T> {
  const followed = new Map<string, Followed<T>>()

  function follow(namespace: string, name: string): Followed<T> {
    const informer = newInformer(kind, deps, { namespace, fieldSelector: `metadata.name=${name}` })
    const entry: Followed<T> = { informer, pods: new Set() }
    const tell = () => informer.hasSynced && changed([...entry.pods])
    informer.addHandler({ add: tell, update: tell, delete: tell })
    informer.start()
    return entry
  }

  async function synced(informer: Informer<T>): Promise<void> {
    if (informer.hasSynced) return
    let cancel: (() => void) | undefined
    const tooLate = new Promise<never>((_, reject) => {
      const timer = deps.clock.after(firstListTimeoutMs, () =>
        reject(serviceUnavailable(`timed out waiting for ${kind.names.plural} to be read`)),
      )
      cancel = () => timer.cancel()
    })
    await Promise.race([informer.synced, tooLate]).finally(() => cancel?.())
  }

  return {
    async get(podUid, namespace, name) {
      const key = `${namespace}/${name}`
      const entry = followed.get(key) ?? follow(namespace, name)
      followed.set(key, entry)
      entry.pods.add(podUid)
      await synced(entry.informer)
      const [object] = entry.informer.list()
      // Upstream's cache names the kind in the singular.
      if (!object) throw notFound({ ...kind, names: { ...kind.names, plural: kind.names.singular } }, name)
      return object
    },
    release(podUid) {
      for (const [key, { informer, pods }] of followed) {
        if (!pods.delete(podUid) || pods.size > 0) continue
        informer.stop()
        followed.delete(key)
      }
    },
    stop() {
      for (const { informer } of followed.values()) informer.stop()
      followed.clear()
    },
  }
}
