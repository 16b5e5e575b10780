/** The service kube-dns, through which pods find the name server: kubeadm's, with endpoints of this process in place of pods. */
import { service as serviceKind } from '../../apis/core-v1/service.js'
import { endpointSlice } from '../../apis/discovery-v1/index.js'
import type { Service } from '../../apis/generated/core-v1.js'
import type { EndpointSlice } from '../../apis/generated/discovery-v1.js'
import type { Client } from '../../client/client.js'
import { isReason } from '../../machinery/status-error.js'

const place = { namespace: 'kube-system', name: 'kube-dns' }
const labels = { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' }
const dnsPort = 53
const ports = [
  { name: 'dns', protocol: 'UDP' },
  { name: 'dns-tcp', protocol: 'TCP' },
]

/** No selector: no pod is behind it. */
const serviceObject = (clusterIP: string): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { ...place, labels, annotations: {} },
  spec: {
    type: 'ClusterIP',
    clusterIP,
    clusterIPs: [clusterIP],
    ports: ports.map(port => ({ ...port, port: dnsPort, targetPort: dnsPort })),
  },
})

const sliceObject = (address: string, port: number): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    ...place,
    labels: {
      ...labels,
      'kubernetes.io/service-name': place.name,
      'endpointslice.kubernetes.io/managed-by': 'minik8s',
    },
  },
  addressType: 'IPv4',
  endpoints: [{ addresses: [address], conditions: { ready: true, serving: true, terminating: false } }],
  ports: ports.map(own => ({ ...own, port })),
})

/** Makes both, or brings the endpoints up to date. Resolves with the cluster IP of the service, which may be another one by a user's choice. */
export async function ensureDnsService(
  client: Client,
  { clusterIP, address, port }: { clusterIP: string; address: string; port: number },
): Promise<string> {
  // Looked for first: to create it again would be refused for its address, which is taken.
  const service = await client.get(serviceKind, place).catch(error => {
    if (isReason(error, 'NotFound')) return client.create(serviceKind, serviceObject(clusterIP))
    throw error
  })
  const slice = sliceObject(address, port)
  await client.create(endpointSlice, slice).catch(async error => {
    if (!isReason(error, 'AlreadyExists')) throw error
    const { metadata } = await client.get(endpointSlice, place)
    await client.update(endpointSlice, { ...slice, metadata: { ...metadata, labels: slice.metadata.labels ?? {} } })
  })
  return service.spec.clusterIP ?? clusterIP
}
