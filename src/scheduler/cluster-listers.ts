/** What plugins may look at, read from informers. */
import { namespace } from '../apis/core-v1/index.js'
import { newDefaultSpreadSelector } from './default-spread-selector.js'
import { ClusterDevices } from './devices/cluster-devices.js'
import type { Cluster } from './framework.js'
import { ClusterVolumes, type ClusterVolumesDeps } from './volumes/cluster-volumes.js'

export interface ClusterListers {
  cluster: Cluster
  /** Stops telling of volumes and devices. */
  stop(): void
}

export function newClusterListers(
  { cache, loads }: Pick<Cluster, 'cache' | 'loads'>,
  deps: ClusterVolumesDeps,
): ClusterListers {
  const { informers } = deps
  const namespaces = informers.informer(namespace)
  const volumes = new ClusterVolumes(deps)
  const devices = new ClusterDevices(deps)
  return {
    cluster: {
      cache,
      loads,
      namespaceLabels: name => namespaces.get({ name })?.metadata.labels,
      volumes,
      devices,
      defaultSpreadSelector: newDefaultSpreadSelector(informers),
    },
    stop() {
      volumes.stop()
      devices.stop()
    },
  }
}
