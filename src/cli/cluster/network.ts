/** What lets pods and people reach services: traffic to them, names for them, and the API server on the pods' bridge. */
import { type PodNetwork, rangesOf } from '../../kubelet/network/network-manager.js'
import type { IpFamily } from '../../machinery/ip-family.js'
import type { Configuration } from '../configuration.js'
import { ensurePki, pkiDirectory } from '../pki/pki.js'
import { systemClock as clock } from '../system.js'
import { serverHosts } from './control-plane.js'
import { startIngress } from './ingress.js'
import { openKernelRules } from './kernel-rules.js'
import { dnsAddress, startNameService } from './name-service.js'
import type { NetworkDeps } from './network-deps.js'
import type { RuntimeSource } from './runtimes.js'
import { startBalancers, startServiceTraffic } from './service-traffic.js'

export interface Network {
  /** Addresses of the name servers, for pods. */
  clusterDns: readonly string[]
  /** For the user, where not all of it works. */
  notice?: string
  stop(): Promise<void>
}

export interface NetworkPlace {
  /** The cluster's id. */
  cluster: string
  /** Has no network where pods are simulated: then services have addresses, but nothing is behind them. */
  runtimes: RuntimeSource
}

const userspaceNotice =
  'Services are carried by this process: cluster IPs and cluster DNS do not work (they want Linux, nft or iptables, and root or Docker).\n' +
  'Node ports and load balancers answer on 127.0.0.1, pods by their addresses, and kubectl port-forward reaches everything.'

const bothFamilies: readonly IpFamily[] = ['IPv4', 'IPv6']

/** The API server answers on the pods' bridge, where the service `kubernetes` leads to. */
async function reachFromPods(config: Configuration, { gateway }: PodNetwork, { plane }: NetworkDeps): Promise<void> {
  const hosts = [...serverHosts(config), gateway]
  const pki = await ensurePki({ directory: pkiDirectory(config), hosts, now: clock.now() })
  await plane.server.reachableAt(gateway, pki.apiserver)
}

async function startSimulated(cluster: string, deps: NetworkDeps): Promise<Network> {
  const balancers = await startBalancers({ cluster, families: bothFamilies, routed: bothFamilies }, deps)
  return { clusterDns: [], stop: async () => balancers.stop() }
}

/** Pods reach each other whatever becomes of this. */
export async function startNetwork(config: Configuration, place: NetworkPlace, deps: NetworkDeps): Promise<Network> {
  const { cluster, runtimes } = place
  const { network } = runtimes
  const isCarried = config.serviceProxy !== 'none'
  if (!network) return isCarried ? startSimulated(cluster, deps) : { clusterDns: [], stop: async () => {} }
  const rules = await openKernelRules(config, { ...place, network }, deps.log)
  const families = [...rangesOf(network).keys()]
  if (families.some(family => rules && !rules.families.includes(family)))
    deps.log.warn(
      {},
      'Pods have IPv6 addresses, but there is no ip6tables: cluster IPs of IPv6 lead nowhere and NetworkPolicies do not hold for it; install ip6tables or nftables',
    )
  const reachesServices = rules !== undefined || !isCarried
  if (reachesServices) await reachFromPods(config, network, deps)
  const traffic = isCarried ? await startServiceTraffic(config, { rules, network }, deps) : undefined
  const balancers = isCarried
    ? await startBalancers({ cluster, families, routed: rules?.families ?? [] }, deps)
    : undefined
  const ingress = config.ingress === 'builtin' ? startIngress(config, cluster, deps) : undefined
  const policies = rules?.startPolicies(deps.informers)
  const notice = reachesServices ? rules?.notice : userspaceNotice
  const names = reachesServices && config.dns === 'builtin' ? await startNameService(config, network, deps) : undefined
  return {
    clusterDns: reachesServices ? [names?.clusterIP ?? dnsAddress(config.serviceSubnet)] : [],
    ...(notice && { notice }),
    async stop() {
      balancers?.stop()
      await Promise.all([names?.stop(), ingress?.stop(), traffic?.stop(), policies?.stop()])
      await rules?.stop()
    },
  }
}
