/**
 * The nftables ruleset of the service proxy: one table a cluster, written anew in one transaction. Each port of a service has a chain that
 * picks a backend at random; each backend has a chain that rewrites the destination. What clients are bound to (`affinity-…`) outlives a
 * rewrite: chains are flushed, those sets are not.
 *
 * A packet to 10.96.0.10:53/udp meets `service-ips : 10.96.0.10 . udp . 53 → goto svc-…`, there `numgen random mod 2 vmap {0: goto ep-a,
 * 1: goto ep-b}`, there `dnat to 172.18.0.3:5353`.
 */
import { createHash } from 'node:crypto'
import type { Backend, RoutedPort } from './service-ports.js'

export interface RulesetOptions {
  /** Of the table; letters, digits, dashes. */
  table: string
  /** The bridge that the pods are on: only what comes from there, or from this machine, is meant for this cluster. */
  bridge: string
  /** CIDR of cluster IPs: what of it no service has is refused. */
  serviceSubnet: string
  /**
   * CIDR of the pods; given where packets from pod to pod on the bridge do not pass the packet filter. Then an answer would reach the client
   * unseen and from an address that it did not call, so the host stands in as the client.
   */
  masquerade?: string
}

export interface Ruleset {
  /** For `nft -f`. */
  text: string
  /** Chains and sets beside the fixed ones: what the next ruleset no longer has is deleted with it. */
  names: ReadonlySet<string>
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12)
const backendId = (port: RoutedPort, { ip, port: number }: Backend) =>
  hash(`${port.id}/${port.protocol}/${ip}:${number}`)
const chainOf = (port: RoutedPort) => `svc-${hash(`${port.id}/${port.protocol}`)}`

const elements = (items: readonly string[]) => (items.length ? `\n    elements = { ${items.join(', ')} }` : '')

/** Definitions that stand in every table. */
function frame({ table, bridge, serviceSubnet, masquerade }: RulesetOptions): string {
  const standIn = masquerade ? `ct status dnat ip saddr ${masquerade} ip daddr ${masquerade} masquerade` : ''
  return `
table ip ${table} {
  map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; }
  map service-nodeports { type inet_proto . inet_service : verdict; }
  map refused-ips { type ipv4_addr . inet_proto . inet_service : verdict; }
  map refused-nodeports { type inet_proto . inet_service : verdict; }
  set hairpin { type ipv4_addr . ipv4_addr; }
  chain services {}
  chain refuse {}
  chain refusals {}
  chain prerouting { type nat hook prerouting priority dstnat; policy accept; }
  chain output { type nat hook output priority -100; policy accept; }
  chain postrouting { type nat hook postrouting priority srcnat; policy accept; }
  chain forward-filter { type filter hook forward priority -1; policy accept; }
  chain input-filter { type filter hook input priority -1; policy accept; }
  chain output-filter { type filter hook output priority -1; policy accept; }
}
flush table ip ${table}
${['service-ips', 'service-nodeports', 'refused-ips', 'refused-nodeports'].map(map => `flush map ip ${table} ${map}`).join('\n')}
flush set ip ${table} hairpin
table ip ${table} {
  chain services {
    ip daddr . meta l4proto . th dport vmap @service-ips
    ip daddr != 127.0.0.0/8 fib daddr type local meta l4proto . th dport vmap @service-nodeports
  }
  chain refuse {
    reject
  }
  chain refusals {
    ip daddr . meta l4proto . th dport vmap @refused-ips
    fib daddr type local meta l4proto . th dport vmap @refused-nodeports
  }
  chain prerouting {
    iifname "${bridge}" jump services
    iifname != "${bridge}" fib daddr type local meta l4proto . th dport vmap @service-nodeports
  }
  chain output {
    jump services
  }
  chain postrouting {
    ct status dnat ip saddr . ip daddr @hairpin masquerade
    ${standIn}
  }
  chain forward-filter {
    ct state new jump refusals
    iifname "${bridge}" ct state new ip daddr ${serviceSubnet} reject
  }
  chain input-filter {
    ct state new jump refusals
  }
  chain output-filter {
    ct state new jump refusals
  }
}
`
}

function portChains(port: RoutedPort, names: Set<string>): string {
  const chain = chainOf(port)
  names.add(`chain ${chain}`)
  const ids = port.backends.map(backend => backendId(port, backend))
  const sets = port.affinitySeconds ? ids.map(id => affinitySet(id, port.affinitySeconds, names)) : []
  const ends = port.backends.map((backend, i) => backendChain(backend, ids[i]!, port, names))
  const stays = port.affinitySeconds ? ids.map(id => `    ip saddr @affinity-${id} goto ep-${id}`) : []
  const picks = `numgen random mod ${ids.length} vmap { ${ids.map((id, i) => `${i} : goto ep-${id}`).join(', ')} }`
  return [...sets, ...ends, `  chain ${chain} {`, ...stays, `    ${picks}`, '  }'].join('\n')
}

function affinitySet(id: string, seconds: number, names: Set<string>): string {
  names.add(`set affinity-${id}`)
  return `  set affinity-${id} { type ipv4_addr; flags dynamic,timeout; timeout ${seconds}s; }`
}

function backendChain({ ip, port: number }: Backend, id: string, port: RoutedPort, names: Set<string>): string {
  names.add(`chain ep-${id}`)
  const remember = port.affinitySeconds ? `    update @affinity-${id} { ip saddr }\n` : ''
  return `  chain ep-${id} {\n${remember}    meta l4proto ${port.protocol} dnat to ${ip}:${number}\n  }`
}

function mapElements(ports: readonly RoutedPort[], verdict: (port: RoutedPort) => string) {
  const ips = ports.flatMap(port =>
    port.addresses.map(address => `${address} . ${port.protocol} . ${port.port} : ${verdict(port)}`),
  )
  const nodePorts = ports
    .filter(({ nodePort }) => nodePort)
    .map(port => `${port.protocol} . ${port.nodePort} : ${verdict(port)}`)
  return { ips: [...new Set(ips)], nodePorts: [...new Set(nodePorts)] }
}

/** Two services that claim one address and port: the first by name has it. */
function withoutClashes(ports: readonly RoutedPort[]): RoutedPort[] {
  const taken = new Set<string>()
  const claim = (key: string) => !taken.has(key) && !!taken.add(key)
  return ports.map(port => ({
    ...port,
    addresses: port.addresses.filter(address => claim(`${address}/${port.protocol}/${port.port}`)),
    nodePort: port.nodePort && claim(`${port.protocol}/${port.nodePort}`) ? port.nodePort : 0,
  }))
}

/** `before`: names of the ruleset that stands; undefined: nothing is known, the table is made from scratch. */
export function nftRuleset(
  all: readonly RoutedPort[],
  before: ReadonlySet<string> | undefined,
  options: RulesetOptions,
): Ruleset {
  const { table } = options
  const ports = withoutClashes(all)
  const served = ports.filter(({ backends }) => backends.length)
  const names = new Set<string>()
  const chains = served.map(port => portChains(port, names)).join('\n')
  const routes = mapElements(served, port => `goto ${chainOf(port)}`)
  const refusals = mapElements(
    ports.filter(({ backends }) => !backends.length),
    () => 'goto refuse',
  )
  const hairpins = [...new Set(served.flatMap(({ backends }) => backends.map(({ ip }) => `${ip} . ${ip}`)))]
  const body = `table ip ${table} {
${chains}
  map service-ips { type ipv4_addr . inet_proto . inet_service : verdict;${elements(routes.ips)} }
  map service-nodeports { type inet_proto . inet_service : verdict;${elements(routes.nodePorts)} }
  map refused-ips { type ipv4_addr . inet_proto . inet_service : verdict;${elements(refusals.ips)} }
  map refused-nodeports { type inet_proto . inet_service : verdict;${elements(refusals.nodePorts)} }
  set hairpin { type ipv4_addr . ipv4_addr;${elements(hairpins)} }
}
`
  const fresh = before ? '' : `table ip ${table} {}\ndelete table ip ${table}\n`
  const gone = [...(before ?? [])]
    .filter(name => !names.has(name))
    .map(name => {
      const [sort, own] = name.split(' ')
      return `delete ${sort} ip ${table} ${own}`
    })
  return { text: `${fresh}${frame(options)}${body}${gone.join('\n')}\n`, names }
}
