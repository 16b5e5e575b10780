/** What the service proxy has to route, told from Services and EndpointSlices: pure, one entry a port of a service. */
import type { Service, ServicePort } from '../../apis/generated/core-v1.js'
import type { EndpointSlice } from '../../apis/generated/discovery-v1.js'
import { type Backend, chooseBackends, type EndpointAt, type Topology } from './backends.js'

export interface RoutedPort {
  /** `namespace/service:port`: unique. */
  id: string
  protocol: 'tcp' | 'udp' | 'sctp'
  port: number
  /** IPv4, as all addresses here. */
  clusterIps: readonly string[]
  /** External IPs and addresses of load balancers. */
  externalIps: readonly string[]
  /** Those of `externalIps` that only clients in `sourceRanges` may use. */
  balancerIps: readonly string[]
  /** CIDRs; empty: everybody. */
  sourceRanges: readonly string[]
  /** 0: none. */
  nodePort: number
  /** Whether the service is a load balancer that is served here: its ports are to be had on localhost as well. */
  balanced: boolean
  /** Seconds for which a client stays with its backend; 0: not at all. */
  affinitySeconds: number
  /** False: connections are refused. Without a backend that a policy allows, they are dropped instead. */
  hasEndpoints: boolean
  /** For the cluster IP, from this machine and from pods of nodes that `byNode` does not name. */
  backends: readonly Backend[]
  /** For the cluster IP from pods of a node, where these are others. */
  byNode: ReadonlyMap<string, readonly Backend[]>
  /** For external addresses and node ports, from within the cluster. */
  cluster: readonly Backend[]
  /** The same from outside. */
  external: readonly Backend[]
}

export interface ServiceRoutes {
  ports: readonly RoutedPort[]
  /** Where load balancers elsewhere ask whether there are pods here; 0: nowhere. */
  healthCheckNodePort: number
  /** Pods of this process' nodes that are ready. */
  localEndpoints: number
}

/** Load balancers of this class, or of none, are served here. */
const balancerClass = 'minik8s.dev/load-balancer'
export const isServedBalancer = ({ spec }: Service): boolean =>
  spec.type === 'LoadBalancer' && (spec.loadBalancerClass ?? balancerClass) === balancerClass

const protocols: Record<string, RoutedPort['protocol']> = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' }
const isIpv4 = (address: string) => /^\d+\.\d+\.\d+\.\d+$/u.test(address)
const distinctIpv4 = (addresses: readonly string[]) => [...new Set(addresses)].filter(isIpv4)

/** A proxy's address is its own matter, as is one on this machine's loopback. */
const balancerIpsOf = ({ spec, status }: Service): string[] =>
  spec.type === 'LoadBalancer'
    ? (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode }) =>
        ip && ipMode !== 'Proxy' && !ip.startsWith('127.') ? [ip] : [],
      )
    : []

/** Those that say nothing of being ready are. */
function endpointsOf({ name = '', protocol = 'TCP' }: ServicePort, slices: readonly EndpointSlice[]): EndpointAt[] {
  const byAddress = new Map<string, EndpointAt>()
  for (const { addressType, endpoints, ports } of slices) {
    if (addressType !== 'IPv4') continue
    for (const own of ports ?? []) {
      if ((own.name ?? '') !== name || (own.protocol ?? 'TCP') !== protocol || !own.port) continue
      for (const { addresses, conditions = {}, nodeName, hints } of endpoints ?? []) {
        const [ip] = addresses
        const ready = conditions.ready !== false
        const key = `${ip}:${own.port}`
        if (!ip || byAddress.get(key)?.ready) continue
        byAddress.set(key, {
          ip,
          port: own.port,
          ready,
          ending: (conditions.serving ?? ready) && conditions.terminating === true,
          nodeName: nodeName ?? '',
          zoneHints: hints?.forZones?.map(zone => zone.name) ?? [],
          nodeHints: hints?.forNodes?.map(node => node.name) ?? [],
        })
      }
    }
  }
  return [...byAddress].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint)
}

/** `none` has no address of its own, and external names are DNS' matter. */
const isRouted = ({ spec }: Service) => spec.type !== 'ExternalName' && !!spec.clusterIP && spec.clusterIP !== 'None'

function routePort(service: Service, port: ServicePort, endpoints: readonly EndpointAt[], at: Topology): RoutedPort {
  const { metadata, spec } = service
  const balancerIps = distinctIpv4(balancerIpsOf(service))
  const isExternal = spec.type !== 'ClusterIP'
  return {
    id: `${metadata.namespace}/${metadata.name}:${port.name ?? ''}`,
    protocol: protocols[port.protocol ?? 'TCP'] ?? 'tcp',
    port: port.port,
    clusterIps: distinctIpv4(spec.clusterIPs ?? [spec.clusterIP ?? '']),
    externalIps: distinctIpv4([...(spec.externalIPs ?? []), ...balancerIps]),
    balancerIps,
    sourceRanges: balancerIps.length ? (spec.loadBalancerSourceRanges ?? []).map(range => range.trim()) : [],
    nodePort: isExternal ? (port.nodePort ?? 0) : 0,
    balanced: isServedBalancer(service),
    affinitySeconds:
      spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800) : 0,
    ...chooseBackends(endpoints, at, {
      internalLocal: spec.internalTrafficPolicy === 'Local',
      externalLocal: isExternal && spec.externalTrafficPolicy === 'Local',
    }),
  }
}

/** Undefined where there is nothing to route. */
export function planService(
  service: Service,
  slices: readonly EndpointSlice[],
  topology: Topology,
): ServiceRoutes | undefined {
  if (!isRouted(service)) return undefined
  const { spec } = service
  const places = (spec.ports ?? []).map(port => ({ port, endpoints: endpointsOf(port, slices) }))
  const local = new Set(
    places.flatMap(({ endpoints }) =>
      endpoints.filter(({ ready, nodeName }) => ready && topology.nodes.has(nodeName)).map(({ ip }) => ip),
    ),
  )
  return {
    ports: places.map(({ port, endpoints }) => routePort(service, port, endpoints, topology)),
    healthCheckNodePort: spec.externalTrafficPolicy === 'Local' ? (spec.healthCheckNodePort ?? 0) : 0,
    localEndpoints: local.size,
  }
}
