/** What lets pods reach services by address and name: the service proxy in the kernel, the name server, and the API server on the pods' bridge. */
import { readFile } from 'node:fs/promises'
import type { Client } from '../../client/client.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Configuration } from '../configuration.js'
import { ensurePki, pkiDirectory } from '../pki/pki.js'
import { systemClock as clock, systemRandom as random } from '../system.js'
import { type ControlPlane, serverHosts } from './control-plane.js'
import { administrator } from './identities.js'
import type { PodNetwork } from './runtimes.js'

export interface NetworkDeps {
  plane: ControlPlane
  informers: InformerFactory
  log: Logger
}

export interface Network {
  /** Addresses of the name servers, for pods. */
  clusterDns: readonly string[]
  stop(): Promise<void>
}

const clusterDomain = 'cluster.local'
/** The address that kubeadm and everybody after it gives the name server: the tenth of the range. */
const dnsOffset = 10

const tenthAddress = (subnet: string): string => {
  const [a, b, c, d] = subnet.split('/')[0]!.split('.').map(Number)
  return `${a}.${b}.${c}.${d! + dnsOffset}`
}

/** Where bridges hand packets between their ports to the packet filter; Docker sees to that on most machines. */
const bridgeFilter = '/proc/sys/net/bridge/bridge-nf-call-iptables'
const bridgesAreFiltered = async (): Promise<boolean> =>
  (await readFile(bridgeFilter, 'utf8').catch(() => '0')).trim() === '1'

/** Name servers of the host, as this process reaches them. */
async function hostNameServers(): Promise<string[]> {
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '')
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, server]) => server!)
}

async function startNameServer({ gateway }: PodNetwork, { informers, log }: NetworkDeps) {
  const [{ newDirectory }, { newForwarder }, { newResolver }, { startDnsServer }] = await Promise.all([
    import('../../network/dns/directory.js'),
    import('../../network/dns/forwarder.js'),
    import('../../network/dns/resolver.js'),
    import('../../network/dns/server.js'),
  ])
  const directory = newDirectory(informers)
  const forwarder = newForwarder({ clock, random, servers: hostNameServers })
  const resolve = newResolver({ directory, forwarder, random, zone: clusterDomain })
  return startDnsServer(async query => directory.synced.then(() => resolve(query)), { address: gateway, port: 0, log })
}

async function startNameService(config: Configuration, network: PodNetwork, deps: NetworkDeps) {
  const { ensureDnsService } = await import('../../network/dns/dns-service.js')
  const server = await startNameServer(network, deps)
  const place = { clusterIP: tenthAddress(config.serviceSubnet), address: network.gateway, port: server.port }
  const client: Client = deps.plane.clientFor(administrator)
  const clusterIP = await ensureDnsService(client, place)
  return { clusterIP, stop: () => server.stop() }
}

/** Name of the table of a cluster in the packet filter. */
export const tableOf = (cluster: string): string => `minik8s-${cluster}`

/**
 * Undefined where this process may not change the packet filter: pods then reach each other, but no service by its cluster IP. `cluster` is the
 * cluster's id.
 */
export async function startNetwork(
  config: Configuration,
  { cluster, network }: { cluster: string; network: PodNetwork },
  deps: NetworkDeps,
): Promise<Network | undefined> {
  const { plane, informers, log } = deps
  const { nftWorks } = await import('../../network/proxy/nft.js')
  if (!(await nftWorks())) {
    log.info({}, 'The packet filter cannot be changed by this user: pods do not reach services by cluster IP or name')
    return undefined
  }
  const { startServiceProxy } = await import('../../network/proxy/service-proxy.js')
  const { bridge, subnet, gateway } = network
  const hosts = [...serverHosts(config), gateway]
  const pki = await ensurePki({ directory: pkiDirectory(config), hosts, now: clock.now() })
  await plane.server.reachableAt(gateway, pki.apiserver)
  const masquerade = (await bridgesAreFiltered()) ? {} : { masquerade: subnet }
  const proxy = startServiceProxy(
    { informers, clock, log: log.child({ component: 'service-proxy' }) },
    { table: tableOf(cluster), bridge, serviceSubnet: config.serviceSubnet, ...masquerade },
  )
  const names = await startNameService(config, network, deps)
  return {
    clusterDns: [names.clusterIP],
    async stop() {
      await Promise.all([names.stop(), proxy.stop()])
    },
  }
}
