/** The objects that a cluster begins with, besides its roles. */
import { dayOf } from '../machinery/day.js'
import type { AnyObject } from '../machinery/object-meta.js'
import type { RequestHeaderConfig } from './authn/configuration.js'
import type { ServingAddresses } from './server-presence.js'

export const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const

export const namespaceObject = (name: string): AnyObject => ({
  kind: 'Namespace',
  apiVersion: 'v1',
  metadata: { name },
  spec: {},
  status: { phase: 'Active' },
})

const priorityClass = (name: string, value: number, description: string): AnyObject => ({
  kind: 'PriorityClass',
  apiVersion: 'scheduling.k8s.io/v1',
  metadata: { name },
  value,
  description,
  preemptionPolicy: 'PreemptLowerPriority',
})

/** Upstream's two classes above all that users may define. */
export const systemPriorityClasses = (): AnyObject[] => [
  priorityClass(
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ),
  priorityClass(
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
]

export interface ServerEndpoint {
  /** Address that pods can reach. */
  address: string
  port: number
  /** Of all servers, where there are several; they share a port. */
  serving?: ServingAddresses | undefined
  /** CIDR of cluster IPs. */
  serviceSubnet: string
}

/** The first address of a range: the cluster IP of the service `kubernetes`. */
export function firstServiceAddress(cidr: string): string {
  const base = cidr.split('/')[0] ?? ''
  const bytes = base.split('.').map(Number)
  bytes[3] = (bytes[3] ?? 0) + 1
  return bytes.join('.')
}

/** The range that cluster IPs are taken from. */
export const defaultServiceCidr = ({ serviceSubnet }: ServerEndpoint): AnyObject => ({
  kind: 'ServiceCIDR',
  apiVersion: 'networking.k8s.io/v1',
  metadata: { name: 'kubernetes' },
  spec: { cidrs: serviceSubnet.split(',') },
})

const identity = { name: 'kubernetes', namespace: 'default' }

/** The service through which pods find the API, its endpoints and its endpoint slice. */
export function kubernetesService({ port, serviceSubnet }: ServerEndpoint): AnyObject {
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { ...identity, labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: port }],
      clusterIP: firstServiceAddress(serviceSubnet),
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ipFamilyPolicy: 'SingleStack',
    },
  }
}

/** Where clients in pods are sent to. */
const servingOf = ({ address, port, serving }: ServerEndpoint): ServingAddresses =>
  serving ?? { addresses: [address], port }

export function kubernetesEndpoints(endpoint: ServerEndpoint): AnyObject {
  const { addresses, port } = servingOf(endpoint)
  return {
    kind: 'Endpoints',
    apiVersion: 'v1',
    metadata: { ...identity, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: addresses.map(ip => ({ ip })), ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  }
}

export function kubernetesEndpointSlice(endpoint: ServerEndpoint): AnyObject {
  const { addresses, port } = servingOf(endpoint)
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: { ...identity, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: addresses.map(address => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: 'https', protocol: 'TCP', port }],
  }
}

/** What extension servers need to trust the clients we trust. */
export const authenticationConfigMap = (clientCa: string, requestHeader?: RequestHeaderConfig): AnyObject => ({
  kind: 'ConfigMap',
  apiVersion: 'v1',
  metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
  data: {
    'client-ca-file': clientCa,
    ...(requestHeader && {
      'requestheader-client-ca-file': requestHeader.clientCa,
      'requestheader-allowed-names': JSON.stringify(requestHeader.allowedNames),
      'requestheader-username-headers': JSON.stringify(requestHeader.usernameHeaders),
      'requestheader-uid-headers': JSON.stringify(requestHeader.uidHeaders),
      'requestheader-group-headers': JSON.stringify(requestHeader.groupHeaders),
      'requestheader-extra-headers-prefix': JSON.stringify(requestHeader.extraHeaderPrefixes),
    }),
  },
})

export const tokenTrackingKey = {
  name: 'kube-apiserver-legacy-service-account-token-tracking',
  namespace: 'kube-system',
} as const

/** Since when the server notes the use of tokens that never expire; `now` is in milliseconds since the epoch. */
export const tokenTrackingConfigMap = (now: number): AnyObject => ({
  kind: 'ConfigMap',
  apiVersion: 'v1',
  metadata: { ...tokenTrackingKey },
  data: { since: dayOf(now) },
})
