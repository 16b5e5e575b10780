/** What the service proxy has to route, told from Services and EndpointSlices: pure, one entry a port of a service. */
import type { Service, ServicePort } from '../../apis/generated/core-v1.js'
import type { EndpointSlice } from '../../apis/generated/discovery-v1.js'
import { type IpFamily, isCidrOfFamily, isOfFamily } from '../../machinery/ip-family.js'
import { type Backend, chooseBackends, type EndpointAt, type Topology } from './backends.js'

export interface RoutedPort {
  /** `namespace/service:port`: unique. */
  id: string
  protocol: 'tcp' | 'udp' | 'sctp'
  port: number
  /** All addresses here are of one family. */
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

/** Whose traffic is routed: each family by itself, as upstream. */
export interface RoutingPlace extends Topology {
  family: IpFamily
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
const isLoopback = (ip: string) => ip.startsWith('127.') || ip === '::1'
const distinct = (ips: readonly string[], family: IpFamily) => [...new Set(ips)].filter(ip => isOfFamily(ip, family))

/** A proxy's address is its own matter, as is one on this machine's loopback. */
const balancerIpsOf = ({ spec, status }: Service): string[] =>
  spec.type === 'LoadBalancer'
    ? (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode }) =>
        ip && ipMode !== 'Proxy' && !isLoopback(ip) ? [ip] : [],
      )
    : []

/** Those that say nothing of being ready are. */
function endpointsOf({ name = '', protocol = 'TCP' }: ServicePort, slices: readonly EndpointSlice[]): EndpointAt[] {
  const byAddress = new Map<string, EndpointAt>()
  for (const { endpoints, ports } of slices) {
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

/** Headless services have none, and external names are DNS' matter. */
const clusterIpsOf = ({ spec }: Service, family: IpFamily): string[] =>
  distinct(spec.clusterIPs ?? [spec.clusterIP ?? ''], family)

interface PortEndpoints {
  port: ServicePort
  endpoints: readonly EndpointAt[]
}

function routePort(service: Service, { port, endpoints }: PortEndpoints, place: RoutingPlace): RoutedPort {
  const { metadata, spec } = service
  const { family } = place
  const balancerIps = distinct(balancerIpsOf(service), family)
  const sourceRanges = (spec.loadBalancerSourceRanges ?? []).map(range => range.trim())
  const isExternal = spec.type !== 'ClusterIP'
  return {
    id: `${metadata.namespace}/${metadata.name}:${port.name ?? ''}`,
    protocol: protocols[port.protocol ?? 'TCP'] ?? 'tcp',
    port: port.port,
    clusterIps: clusterIpsOf(service, family),
    externalIps: distinct([...(spec.externalIPs ?? []), ...balancerIps], family),
    balancerIps,
    sourceRanges: balancerIps.length ? sourceRanges.filter(range => isCidrOfFamily(range, family)) : [],
    nodePort: isExternal ? (port.nodePort ?? 0) : 0,
    balanced: isServedBalancer(service),
    affinitySeconds:
      spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800) : 0,
    ...chooseBackends(endpoints, place, {
      internalLocal: spec.internalTrafficPolicy === 'Local',
      externalLocal: isExternal && spec.externalTrafficPolicy === 'Local',
    }),
  }
}

/** Undefined where there is nothing to route in that family. */
export function planService(
  service: Service,
  slices: readonly EndpointSlice[],
  place: RoutingPlace,
): ServiceRoutes | undefined {
  if (service.spec.type === 'ExternalName' || !clusterIpsOf(service, place.family).length) return undefined
  const { spec } = service
  const own = slices.filter(({ addressType }) => addressType === place.family)
  const ports = (spec.ports ?? []).map((port): PortEndpoints => ({ port, endpoints: endpointsOf(port, own) }))
  const local = new Set(
    ports.flatMap(({ endpoints }) =>
      endpoints.filter(({ ready, nodeName }) => ready && place.nodes.has(nodeName)).map(({ ip }) => ip),
    ),
  )
  return {
    ports: ports.map(port => routePort(service, port, place)),
    healthCheckNodePort: spec.externalTrafficPolicy === 'Local' ? (spec.healthCheckNodePort ?? 0) : 0,
    localEndpoints: local.size,
  }
}
