/** What /etc/resolv.conf of a pod says, by its DNS policy. Pure; upstream's dns.Configurer. */
import type { Pod } from '../../apis/generated/core-v1.js'

export interface DnsConfig {
  servers: string[]
  searches: string[]
  options: string[]
}

export interface ClusterDns {
  /** Addresses of the cluster's DNS service; empty where there is none. */
  servers: readonly string[]
  /** Such as `cluster.local`. */
  domain: string
}

/** What resolvers take: more would be ignored. */
const maxServers = 3
const maxSearches = 32
const maxSearchCharacters = 2048
const clusterOptions = ['ndots:5']

const unique = (list: readonly string[]) => [...new Set(list)]
const nameOf = (option: string) => option.split(':', 1)[0]!

function mergeOptions(before: readonly string[], more: readonly string[]): string[] {
  return [...new Map([...before, ...more].map(option => [nameOf(option), option])).values()]
}

/** Reads a resolv.conf; of several search lines the last counts. */
export function parseResolvConf(text: string): DnsConfig {
  const config: DnsConfig = { servers: [], searches: [], options: [] }
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/)
    if (keyword === 'nameserver' && values[0]) config.servers.push(values[0])
    if (keyword === 'search') config.searches = values.filter(v => v !== '.').map(v => v.replace(/\.$/, ''))
    if (keyword === 'options') config.options = mergeOptions(config.options, values)
  }
  return config
}

export const formatResolvConf = ({ servers, searches, options }: DnsConfig): string =>
  [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...servers.map(server => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
    '',
  ].join('\n')

function usesCluster({ spec }: Pod, cluster: ClusterDns): boolean {
  if (cluster.servers.length === 0) return false
  return spec.dnsPolicy === 'ClusterFirstWithHostNet' || (spec.dnsPolicy !== 'Default' && !spec.hostNetwork)
}

function baseFor(pod: Pod, host: DnsConfig, cluster: ClusterDns): DnsConfig {
  if (pod.spec.dnsPolicy === 'None') return { servers: [], searches: [], options: [] }
  if (!usesCluster(pod, cluster)) return host
  const service = `svc.${cluster.domain}`
  const searches = [`${pod.metadata.namespace}.${service}`, service, cluster.domain, ...host.searches]
  return { servers: [...cluster.servers], searches: unique(searches), options: clusterOptions }
}

function withinLimits({ servers, searches, options }: DnsConfig): DnsConfig {
  const fitting = searches.slice(0, maxSearches)
  while (fitting.join(' ').length > maxSearchCharacters) fitting.pop()
  return { servers: servers.slice(0, maxServers), searches: fitting, options }
}

/** `host` is the node's own configuration. */
export function podDnsConfig(pod: Pod, host: DnsConfig, cluster: ClusterDns): DnsConfig {
  const base = baseFor(pod, host, cluster)
  const { nameservers = [], searches = [], options = [] } = pod.spec.dnsConfig ?? {}
  const written = options.map(({ name, value }) => (value ? `${name}:${value}` : (name ?? '')))
  return withinLimits({
    servers: unique([...base.servers, ...nameservers]),
    searches: unique([...base.searches, ...searches]),
    options: mergeOptions(base.options, written),
  })
}
