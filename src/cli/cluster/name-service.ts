/** The cluster's name server in this process, behind the service kube-dns. */
import { readFile } from 'node:fs/promises'
import type { PodNetwork } from '../../kubelet/network/network-manager.js'
import type { Configuration } from '../configuration.js'
import { systemClock as clock, systemRandom as random } from '../system.js'
import { administrator } from './identities.js'
import type { NetworkDeps } from './network-deps.js'

export interface NameService {
  /** Where pods ask. */
  clusterIP: string
  stop(): Promise<void>
}

const clusterDomain = 'cluster.local'
/** The address that kubeadm and everybody after it gives the name server: the tenth of the range. */
const dnsOffset = 10

/** Where pods ask, whoever answers there. */
export const dnsAddress = (serviceSubnet: string): string => {
  const [a, b, c, d] = serviceSubnet.split('/')[0]!.split('.').map(Number)
  return `${a}.${b}.${c}.${d! + dnsOffset}`
}

/** Name servers of the host, as this process reaches them. */
async function hostNameServers(): Promise<string[]> {
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '')
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, server]) => server!)
}

async function startNameServer({ gateway }: PodNetwork, { informers, log }: NetworkDeps) {
  const [{ newDirectory }, { newForwarder }, { ReplyCache }, { newResolver }, { startDnsServer }] = await Promise.all([
    import('../../network/dns/directory.js'),
    import('../../network/dns/forwarder.js'),
    import('../../network/dns/reply-cache.js'),
    import('../../network/dns/resolver.js'),
    import('../../network/dns/server.js'),
  ])
  const directory = newDirectory(informers)
  const forwarder = newForwarder({ clock, random, servers: hostNameServers })
  const resolve = newResolver({ directory, forwarder, random, zone: clusterDomain })
  const cache = { replies: new ReplyCache({ random, version: directory.version }), version: directory.version }
  const whenSynced = async (query: Parameters<typeof resolve>[0]) => directory.synced.then(() => resolve(query))
  return startDnsServer(whenSynced, { address: gateway, port: 0, log, cache })
}

export async function startNameService(
  { serviceSubnet }: Configuration,
  network: PodNetwork,
  deps: NetworkDeps,
): Promise<NameService> {
  const { ensureDnsService } = await import('../../network/dns/dns-service.js')
  const server = await startNameServer(network, deps)
  const place = { clusterIP: dnsAddress(serviceSubnet), address: network.gateway, port: server.port }
  const clusterIP = await ensureDnsService(deps.plane.clientFor(administrator), place)
  return { clusterIP, stop: () => server.stop() }
}
