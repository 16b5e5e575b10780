/** What plugins may look at, read from informers. */
import { namespace, persistentVolume, persistentVolumeClaim } from '../apis/core-v1/index.js'
import { storageClass } from '../apis/storage-v1/index.js'
import type { InformerHandler } from '../client/informer.js'
import type { InformerFactory } from '../client/informer-factory.js'
import type { KubernetesObject } from '../machinery/object-meta.js'
import type { ClusterCache } from './cache.js'
import { newDefaultSpreadSelector } from './default-spread-selector.js'
import type { Cluster } from './framework.js'

export interface ClusterListers {
  cluster: Cluster
  /** Stops telling of volumes. */
  stop(): void
}

/** `onVolumes` hears of every change of a claim, a volume or a storage class. */
export function newClusterListers(
  informers: InformerFactory,
  cache: ClusterCache,
  onVolumes: InformerHandler<KubernetesObject>,
): ClusterListers {
  const namespaces = informers.informer(namespace)
  const claims = informers.informer(persistentVolumeClaim)
  const volumes = informers.informer(persistentVolume)
  const classes = informers.informer(storageClass)
  const removals = [claims.addHandler(onVolumes), volumes.addHandler(onVolumes), classes.addHandler(onVolumes)]
  return {
    cluster: {
      cache,
      namespaceLabels: name => namespaces.get({ name })?.metadata.labels,
      volumes: {
        claim: (claimNamespace, name) => claims.get({ namespace: claimNamespace, name }),
        volume: name => volumes.get({ name }),
        storageClass: name => classes.get({ name }),
      },
      defaultSpreadSelector: newDefaultSpreadSelector(informers),
    },
    stop() {
      for (const remove of removals) remove()
    },
  }
}
