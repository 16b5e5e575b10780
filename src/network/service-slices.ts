/** Endpoint slices by the service that they belong to. */
import { endpointSlice } from '../apis/discovery-v1/index.js'
import type { EndpointSlice } from '../apis/generated/discovery-v1.js'
import type { InformerFactory } from '../client/informer-factory.js'

const byService = 'service'

/** Name of the service whose endpoints these are; undefined where they are nobody's. */
export const serviceOfSlice = ({ metadata }: EndpointSlice): string | undefined =>
  metadata.labels?.['kubernetes.io/service-name']

/** Looks slices up in the shared informer; there are none before it has synced. */
export function slicesByService(informers: InformerFactory): (namespace: string, name: string) => EndpointSlice[] {
  const slices = informers.informer(endpointSlice)
  slices.addIndex(byService, slice => {
    const service = serviceOfSlice(slice)
    return service ? [`${slice.metadata.namespace}/${service}`] : []
  })
  return (namespace, name) => slices.byIndex(byService, `${namespace}/${name}`)
}
