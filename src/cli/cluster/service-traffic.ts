/** What carries traffic to services: rules in the kernel where this process may set them, and forwarders on localhost. */
import { readFile } from 'node:fs/promises'
import { type PodNetwork, type PodRange, rangesOf } from '../../kubelet/network/network-manager.js'
import { type IpFamily, isCidrOfFamily } from '../../machinery/ip-family.js'
import type { BalancerAddresses } from '../../network/load-balancer/load-balancers.js'
import type { RouteCarrier } from '../../network/proxy/service-routes.js'
import type { Configuration } from '../configuration.js'
import { systemClock as clock, systemRandom as random } from '../system.js'
import { clusterNumber } from './cluster-number.js'
import { controllerUser } from './identities.js'
import type { KernelRules } from './kernel-rules.js'
import type { NetworkDeps } from './network-deps.js'
import { nodeNames } from './nodes.js'

/** Where bridges hand packets between their ports to the packet filter; Docker sees to that on most machines. */
const bridgeFilters = {
  IPv4: '/proc/sys/net/bridge/bridge-nf-call-iptables',
  IPv6: '/proc/sys/net/bridge/bridge-nf-call-ip6tables',
} as const
const bridgesAreFiltered = async (family: IpFamily): Promise<boolean> =>
  (await readFile(bridgeFilters[family], 'utf8').catch(() => '0')).trim() === '1'

const loopback = { IPv4: '127.0.0.1', IPv6: '::1' } as const
const everywhere = { IPv4: '0.0.0.0', IPv6: '::' } as const

/** Of the addresses set aside for tests of networks (RFC 2544, RFC 5180), a range a cluster, so that clusters side by side differ. */
function balancerRanges(cluster: string): Record<IpFamily, string> {
  const number = clusterNumber(cluster)
  return {
    IPv4: `198.${18 + (number >> 8)}.${number & 255}.0/24`,
    IPv6: `2001:2:0:${(number + 1).toString(16)}::/64`,
  }
}

/** One family of the services' addresses. */
interface Side {
  family: IpFamily
  /** CIDR of cluster IPs. */
  serviceSubnet: string
  /** Of the pods. */
  range: PodRange
  bridges: readonly string[]
}

/** Families that both services and pods have addresses of. */
function sidesOf({ serviceSubnet }: Configuration, network: PodNetwork): Side[] {
  const subnets = serviceSubnet.split(',')
  return [...rangesOf(network)].flatMap(([family, range]) => {
    const own = subnets.find(subnet => isCidrOfFamily(subnet, family))
    return own ? [{ family, serviceSubnet: own, range, bridges: network.bridges }] : []
  })
}

async function kernelCarriers(
  config: Configuration,
  { rules, side }: { rules: KernelRules; side: Side },
  { informers, log }: NetworkDeps,
): Promise<RouteCarrier[]> {
  const [{ newUdpFlows, newConntrack }, { bridgePortsOf, newHairpinPorts }] = await Promise.all([
    import('../../network/proxy/udp-flows.js'),
    import('../../network/proxy/hairpin-ports.js'),
  ])
  const isFiltered = await bridgesAreFiltered(side.family)
  const { family, bridges, serviceSubnet, range } = side
  const { subnet } = range
  const pods = subnet ? { podSubnet: subnet, ...(!isFiltered && { masquerade: subnet }) } : {}
  const place = { family, bridges, serviceSubnet, ...pods }
  return [
    rules.newProxy(informers, { ...place, nodes: nodeNames(config.nodes) }),
    newUdpFlows({ conntrack: newConntrack(rules.run), log }),
    ...(isFiltered ? [newHairpinPorts(bridgePortsOf(bridges, rules.run))] : []),
  ]
}

/** Through the kernel where there are rules; on localhost in any case. Each family by itself, as upstream. */
export async function startServiceTraffic(
  config: Configuration,
  { rules, network }: { rules: KernelRules | undefined; network: PodNetwork },
  deps: NetworkDeps,
): Promise<{ stop(): Promise<void> }> {
  const [{ startRoutes }, { newLocalPorts }, { newHealthChecks }] = await Promise.all([
    import('../../network/proxy/service-routes.js'),
    import('../../network/proxy/local-ports.js'),
    import('../../network/proxy/health-checks.js'),
  ])
  const log = deps.log.child({ component: 'service-proxy' })
  const start = async (side: Side) => {
    const { family } = side
    const kernel = rules?.families.includes(family)
      ? await kernelCarriers(config, { rules, side }, { ...deps, log })
      : []
    const carriers = [
      ...kernel,
      newLocalPorts({ clock, random, log, address: loopback[family] }),
      newHealthChecks({ address: everywhere[family], log }),
    ]
    return startRoutes({ informers: deps.informers, clock }, { family, nodes: nodeNames(config.nodes), carriers })
  }
  const started = await Promise.all(sidesOf(config, network).map(start))
  return { stop: async () => void (await Promise.all(started.map(one => one.stop()))) }
}

/** Load balancers get addresses of the range where there are rules in the kernel, or nothing behind them; else all the same one. */
export async function startBalancers(
  { cluster, families, routed }: { cluster: string; families: readonly IpFamily[]; routed: readonly IpFamily[] },
  { plane, informers, log }: NetworkDeps,
) {
  const { startLoadBalancers } = await import('../../network/load-balancer/load-balancers.js')
  const ranges = balancerRanges(cluster)
  const addresses = families.map(
    (family): BalancerAddresses => ({
      range: ranges[family],
      ...(!routed.includes(family) && { shared: loopback[family] }),
    }),
  )
  return startLoadBalancers(
    { client: plane.clientFor(controllerUser('service-controller')), informers, log },
    addresses,
  )
}
