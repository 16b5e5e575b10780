/** What the service proxy has to route, told from Services and EndpointSlices: pure, one entry a port of a service. */
import type { Service, ServicePort } from '../../apis/generated/core-v1.js'
import type { Endpoint, EndpointSlice } from '../../apis/generated/discovery-v1.js'

export interface Backend {
  ip: string
  port: number
  nodeName?: string
}

export interface RoutedPort {
  /** `namespace/service:port`: unique. */
  id: string
  protocol: 'tcp' | 'udp' | 'sctp'
  port: number
  /** Cluster IP, external IPs and load balancer addresses; IPv4. */
  addresses: readonly string[]
  /** 0: none. */
  nodePort: number
  /** Seconds for which a client stays with its backend; 0: not at all. */
  affinitySeconds: number
  /** Sorted. Empty: connections are refused. */
  backends: readonly Backend[]
}

const protocols: Record<string, RoutedPort['protocol']> = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' }
const isIpv4 = (address: string) => /^\d+\.\d+\.\d+\.\d+$/u.test(address)

function addressesOf({ spec, status }: Service): string[] {
  const balanced = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode }) =>
    ip && ipMode !== 'Proxy' ? [ip] : [],
  )
  return [...new Set([...(spec.clusterIPs ?? []), ...(spec.externalIPs ?? []), ...balanced])].filter(isIpv4)
}

/** Those that are ready; without any, those that still serve while they end. */
function usable(endpoints: readonly Endpoint[]): Endpoint[] {
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false)
  if (ready.length) return ready
  return endpoints.filter(({ conditions }) => conditions?.serving && conditions.terminating)
}

function backendsOf({ name = '', protocol = 'TCP' }: ServicePort, slices: readonly EndpointSlice[]): Backend[] {
  const found = slices
    .filter(({ addressType }) => addressType === 'IPv4')
    .flatMap(({ endpoints, ports }) =>
      (ports ?? [])
        .filter(port => (port.name ?? '') === name && (port.protocol ?? 'TCP') === protocol && port.port)
        .flatMap(port => (endpoints ?? []).map(endpoint => ({ endpoint, port: port.port! }))),
    )
  const chosen = new Set(usable(found.map(({ endpoint }) => endpoint)))
  const byAddress = new Map<string, Backend>()
  for (const { endpoint, port } of found) {
    const [ip] = endpoint.addresses
    if (!ip || !chosen.has(endpoint)) continue
    byAddress.set(`${ip}:${port}`, { ip, port, ...(endpoint.nodeName && { nodeName: endpoint.nodeName }) })
  }
  return [...byAddress].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, backend]) => backend)
}

/** `none` has no address of its own, and external names are DNS' matter. */
const isRouted = ({ spec }: Service) => spec.type !== 'ExternalName' && !!spec.clusterIP && spec.clusterIP !== 'None'

/** Ports of all services, sorted by id. `slicesOf` gives the slices of a service. */
export function planServicePorts(
  services: readonly Service[],
  slicesOf: (service: Service) => readonly EndpointSlice[],
): RoutedPort[] {
  const routed = services.filter(isRouted).flatMap(service => {
    const { metadata, spec } = service
    const slices = slicesOf(service)
    const affinity =
      spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800) : 0
    return (spec.ports ?? []).map(port => ({
      id: `${metadata.namespace}/${metadata.name}:${port.name ?? ''}`,
      protocol: protocols[port.protocol ?? 'TCP'] ?? 'tcp',
      port: port.port,
      addresses: addressesOf(service),
      nodePort: spec.type === 'ClusterIP' ? 0 : (port.nodePort ?? 0),
      affinitySeconds: affinity,
      backends: backendsOf(port, slices),
    }))
  })
  return routed.sort((a, b) => (a.id < b.id ? -1 : 1))
}
