/** What carries traffic to services: rules in the kernel where this process may set them, and forwarders on localhost. */
import { readFile } from 'node:fs/promises'
import type { PodNetwork } from '../../kubelet/network/network-manager.js'
import type { BalancerAddresses } from '../../network/load-balancer/load-balancers.js'
import type { RouteCarrier } from '../../network/proxy/service-routes.js'
import type { Configuration } from '../configuration.js'
import { systemClock as clock, systemRandom as random } from '../system.js'
import { controllerUser } from './identities.js'
import type { KernelRules } from './kernel-rules.js'
import type { NetworkDeps } from './network-deps.js'
import { nodeNames } from './nodes.js'

/** Where bridges hand packets between their ports to the packet filter; Docker sees to that on most machines. */
const bridgeFilter = '/proc/sys/net/bridge/bridge-nf-call-iptables'
const bridgesAreFiltered = async (): Promise<boolean> =>
  (await readFile(bridgeFilter, 'utf8').catch(() => '0')).trim() === '1'

const loopback = '127.0.0.1'
const everywhere = '0.0.0.0'

/** Of the addresses set aside for tests of networks (RFC 2544), a range a cluster, so that clusters side by side differ. */
const balancerRange = (cluster: string): string => {
  const number = [...cluster].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 512, 7)
  return `198.${18 + (number >> 8)}.${number & 255}.0/24`
}

async function kernelCarriers(
  config: Configuration,
  { rules, network }: { rules: KernelRules; network: PodNetwork },
  { informers, log }: NetworkDeps,
): Promise<RouteCarrier[]> {
  const [{ newUdpFlows, newConntrack }, { bridgePortsOf, newHairpinPorts }] = await Promise.all([
    import('../../network/proxy/udp-flows.js'),
    import('../../network/proxy/hairpin-ports.js'),
  ])
  const isFiltered = await bridgesAreFiltered()
  const { bridges, subnet } = network
  const pods = subnet ? { podSubnet: subnet, ...(!isFiltered && { masquerade: subnet }) } : {}
  const place = { bridges, serviceSubnet: config.serviceSubnet.split(',')[0]!, ...pods }
  return [
    rules.newProxy(informers, { ...place, nodes: nodeNames(config.nodes) }),
    newUdpFlows({ conntrack: newConntrack(rules.run), log }),
    ...(isFiltered ? [newHairpinPorts(bridgePortsOf(bridges, rules.run))] : []),
  ]
}

/** Through the kernel where there are rules; on localhost in any case. */
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
  const kernel = rules ? await kernelCarriers(config, { rules, network }, { ...deps, log }) : []
  const carriers = [
    ...kernel,
    newLocalPorts({ clock, random, log, address: loopback }),
    newHealthChecks({ address: everywhere, log }),
  ]
  return startRoutes({ informers: deps.informers, clock }, { nodes: nodeNames(config.nodes), carriers })
}

/** Load balancers get addresses of the range where there are rules in the kernel, or nothing behind them; else all the same one. */
export async function startBalancers(
  { cluster, routed }: { cluster: string; routed: boolean },
  { plane, informers, log }: NetworkDeps,
) {
  const { startLoadBalancers } = await import('../../network/load-balancer/load-balancers.js')
  const addresses: BalancerAddresses = { range: balancerRange(cluster), ...(!routed && { shared: loopback }) }
  return startLoadBalancers(
    { client: plane.clientFor(controllerUser('service-controller')), informers, log },
    addresses,
  )
}
