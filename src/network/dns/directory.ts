/** Finds services, endpoint slices and namespaces in informers. */
import { namespace as namespaceKind } from '../../apis/core-v1/namespace.js'
import { service as serviceKind } from '../../apis/core-v1/service.js'
import { endpointSlice } from '../../apis/discovery-v1/index.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import { serviceOfSlice, slicesByService } from '../service-slices.js'
import type { ClusterDirectory } from './cluster-zone.js'

const byAddress = 'address'

export interface InformedDirectory extends ClusterDirectory {
  /** Resolves when all that there is is known. */
  synced: Promise<void>
  /** Another number after every change. */
  version(): number
}

export function newDirectory(informers: InformerFactory): InformedDirectory {
  const services = informers.informer(serviceKind)
  const slices = informers.informer(endpointSlice)
  const namespaces = informers.informer(namespaceKind)
  services.addIndex(byAddress, ({ spec }) => (spec.clusterIPs ?? []).filter(ip => ip !== 'None'))
  slices.addIndex(byAddress, slice =>
    serviceOfSlice(slice) ? [...new Set((slice.endpoints ?? []).flatMap(({ addresses }) => addresses))] : [],
  )
  let version = 0
  const count = () => {
    version++
  }
  const handler = { add: count, update: count, delete: count }
  services.addHandler(handler)
  slices.addHandler(handler)
  namespaces.addHandler({ add: count, delete: count })
  return {
    version: () => version,
    service: (namespace, name) => services.get({ namespace, name }),
    slices: slicesByService(informers),
    hasNamespace: name => namespaces.get({ name }) !== undefined,
    serviceAt: ip => services.byIndex(byAddress, ip)[0],
    slicesAt: ip => slices.byIndex(byAddress, ip),
    synced: Promise.all([services.synced, slices.synced, namespaces.synced]).then(() => {}),
  }
}
