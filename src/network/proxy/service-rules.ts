/**
 * Services as chains and elements of the cluster's table.
 *
 * A packet to 10.96.0.10:53/udp meets `service-ips : 10.96.0.10 . udp . 53 → goto svc-…`, there `numgen random mod 2 0 dnat to 172.18.0.3:5353`,
 * else `dnat to 172.18.0.4:5353`. Rules one after the other, not `numgen … vmap { … }`: each such map is a set without a name, and the kernel
 * looks for sets of a table one by one, which takes half a minute for 10,000.
 */
import { createHash } from 'node:crypto'
import { joinHostPort } from '../../machinery/host-port.js'
import type { IpFamily } from '../../machinery/ip-family.js'
import type { Chain, Element, TablePart } from '../packet-filter/nft-table.js'
import { type NftWords, nftWords } from '../packet-filter/nft-words.js'
import { type Backend, isSameBackends } from './backends.js'
import type { RoutedPort, ServiceRoutes } from './service-ports.js'

export interface ProxyPlace {
  /** Of all addresses here. */
  family: IpFamily
  /** The bridges that pods are on: only what comes from there, or from this machine, is meant for this cluster. */
  bridges: readonly string[]
  /** CIDR of the pods where their bridges are not known; where neither is, all that comes in may be a pod's. */
  podSubnet?: string
  /** CIDR of cluster IPs: what of it no service has is refused. */
  serviceSubnet: string
  /**
   * CIDR of the pods; given where packets from pod to pod on the bridge do not pass the packet filter. Then an answer would reach the client
   * unseen and from an address that it did not call, so the host stands in as the client.
   */
  masquerade?: string
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12)
/** Set of the addresses of the pods of a node. */
export const podsOnNode = (node: string): string => `pods-on-${hash(node)}`

/** What packets of pods match, of which one is true; nothing where they cannot be told. */
function fromPods({ bridges, podSubnet, family }: Pick<ProxyPlace, 'bridges' | 'podSubnet' | 'family'>): string[] {
  if (bridges.length > 0) return bridges.map(bridge => `iifname "${bridge}"`)
  return podSubnet ? [`${nftWords[family].ip} saddr ${podSubnet}`] : []
}

const destinationOf = ({ ip }: NftWords) => `${ip} daddr . meta l4proto . th dport`
const nodePort = 'meta l4proto . th dport'
const addressMapOf = ({ address }: NftWords) => `map { type ${address} . inet_proto . inet_service : verdict; }`
const portMap = 'map { type inet_proto . inet_service : verdict; }'

/** What stands in the table whatever services there are. */
export function proxyFrame({ serviceSubnet, masquerade, ...place }: ProxyPlace): TablePart {
  const words = nftWords[place.family]
  const { ip, address, loopback } = words
  const [destination, addressMap] = [destinationOf(words), addressMapOf(words)]
  const ofPods = fromPods(place)
  const ofPodsOrAny = ofPods.length > 0 ? ofPods.map(match => `${match} `) : ['']
  const standIn = masquerade ? [`ct status dnat ${ip} saddr ${masquerade} ${ip} daddr ${masquerade} masquerade`] : []
  const refused = { rules: ['ct state new jump refusals'] }
  return {
    sets: {
      'service-ips': addressMap,
      'external-ips': addressMap,
      'service-nodeports': portMap,
      'refused-ips': addressMap,
      'refused-nodeports': portMap,
      'firewall-ips': addressMap,
      hairpin: `set { type ${address} . ${address}; }`,
    },
    chains: {
      outside: {
        rules: [
          `${destination} vmap @external-ips`,
          `${ip} daddr != ${loopback} fib daddr type local ${nodePort} vmap @service-nodeports`,
        ],
      },
      services: { rules: [`${destination} vmap @service-ips`, 'goto outside'] },
      refuse: { rules: ['meta l4proto tcp reject with tcp reset', 'reject'] },
      refusals: {
        rules: [`${destination} vmap @refused-ips`, `fib daddr type local ${nodePort} vmap @refused-nodeports`],
      },
      firewall: {
        hook: 'type filter hook prerouting priority -110; policy accept;',
        rules: [`ct state new ${destination} vmap @firewall-ips`],
      },
      'firewall-output': {
        hook: 'type filter hook output priority -110; policy accept;',
        rules: [`ct state new ${destination} vmap @firewall-ips`],
      },
      prerouting: {
        hook: 'type nat hook prerouting priority dstnat; policy accept;',
        rules: [...ofPodsOrAny.map(match => `${match}goto services`), 'goto outside'],
      },
      output: { hook: 'type nat hook output priority -100; policy accept;', rules: ['goto services'] },
      postrouting: {
        hook: 'type nat hook postrouting priority srcnat; policy accept;',
        rules: [`ct status dnat ${ip} saddr . ${ip} daddr @hairpin masquerade`, ...standIn],
      },
      'forward-filter': {
        hook: 'type filter hook forward priority -1; policy accept;',
        rules: [
          ...refused.rules,
          ...ofPodsOrAny.map(match => `${match}ct state new ${ip} daddr ${serviceSubnet} goto refuse`),
        ],
      },
      'input-filter': { hook: 'type filter hook input priority -1; policy accept;', ...refused },
      'output-filter': {
        hook: 'type filter hook output priority -1; policy accept;',
        rules: [...refused.rules, `ct state new ${ip} daddr ${serviceSubnet} goto refuse`],
      },
    },
  }
}

/** The chains of one port. */
class PortChains {
  readonly chains: Record<string, Chain> = {}
  readonly sets: Record<string, string> = {}
  readonly #id: string

  constructor(
    private readonly port: RoutedPort,
    private readonly words: NftWords,
  ) {
    this.#id = hash(`${port.id}/${port.protocol}`)
  }

  /** A chain that picks one of the backends, each as often; the first rules come before. Answers its name. */
  add(role: string, backends: readonly Backend[], first: readonly string[] = []): string {
    const name = `${role}-${this.#id}`
    this.chains[name] = { rules: [...first, ...(backends.length ? this.#picks(backends) : ['drop'])] }
    return name
  }

  #picks(backends: readonly Backend[]): string[] {
    const { affinitySeconds } = this.port
    const ends = backends.map(backend => (affinitySeconds ? `goto ${this.#sticky(backend)}` : this.#dnat(backend)))
    const stays = affinitySeconds
      ? backends.map(
          backend => `${this.words.ip} saddr @affinity-${this.#stickyId(backend)} goto ${this.#sticky(backend)}`,
        )
      : []
    const chance = (i: number) => (i < ends.length - 1 ? `numgen random mod ${ends.length - i} 0 ` : '')
    return [...stays, ...ends.map((end, i) => `${chance(i)}${end}`)]
  }

  #dnat({ ip, port }: Backend): string {
    return `meta l4proto ${this.port.protocol} dnat to ${joinHostPort(ip, port)}`
  }

  #stickyId({ ip, port }: Backend): string {
    return hash(`${this.#id}/${ip}:${port}/${this.port.affinitySeconds}`)
  }

  /** A chain that remembers its clients. */
  #sticky(backend: Backend): string {
    const id = this.#stickyId(backend)
    const { ip, address } = this.words
    this.sets[`affinity-${id}`] ??=
      `set { type ${address}; flags dynamic,timeout; timeout ${this.port.affinitySeconds}s; }`
    this.chains[`ep-${id}`] ??= { rules: [`update @affinity-${id} { ${ip} saddr }`, this.#dnat(backend)] }
    return `ep-${id}`
  }

  firewall(): string {
    const name = `fw-${this.#id}`
    this.chains[name] = {
      rules: [`${this.words.ip} saddr { ${[...new Set(this.port.sourceRanges)].join(', ')} } return`, 'drop'],
    }
    return name
  }
}

function internalChain(port: RoutedPort, chains: PortChains, { ip }: NftWords): string {
  const first = [...port.byNode].map(([node, backends], i) => {
    const own = chains.add(`svc-${i}`, backends)
    return `${ip} saddr @${podsOnNode(node)} goto ${own}`
  })
  return chains.add('svc', port.backends, first)
}

/** From within the cluster, policies of outside traffic do not count. */
function externalChain(
  port: RoutedPort,
  chains: PortChains,
  { ofPods, internal }: { ofPods: readonly string[]; internal: string },
) {
  const plain = port.byNode.size === 0 && isSameBackends(port.backends, port.cluster)
  if (plain && isSameBackends(port.external, port.cluster)) return internal
  const all = plain ? internal : chains.add('all', port.cluster)
  if (isSameBackends(port.external, port.cluster)) return all
  const inside = [...ofPods, 'fib saddr type local']
  return chains.add(
    'ext',
    port.external,
    inside.map(match => `${match} goto ${all}`),
  )
}

function elementsOf(port: RoutedPort, chains: PortChains, place: ProxyPlace): Element[] {
  const { protocol, hasEndpoints } = port
  const at = (set: string, ips: readonly string[], value: string) =>
    ips.map((ip): Element => ({ set, key: `${ip} . ${protocol} . ${port.port}`, value }))
  const atNode = (set: string, value: string): Element[] =>
    port.nodePort ? [{ set, key: `${protocol} . ${port.nodePort}`, value }] : []
  const walls = port.sourceRanges.length ? at('firewall-ips', port.balancerIps, `goto ${chains.firewall()}`) : []
  if (!hasEndpoints) {
    const all = [...new Set([...port.clusterIps, ...port.externalIps])]
    return [...walls, ...at('refused-ips', all, 'goto refuse'), ...atNode('refused-nodeports', 'goto refuse')]
  }
  const internal = internalChain(port, chains, nftWords[place.family])
  const isExternal = port.externalIps.length > 0 || port.nodePort > 0
  const external = isExternal ? externalChain(port, chains, { ofPods: fromPods(place), internal }) : internal
  const ends = [...port.backends, ...port.cluster].map(({ ip }) => `${ip} . ${ip}`)
  return [
    ...walls,
    ...at('service-ips', port.clusterIps, `goto ${internal}`),
    ...at('external-ips', port.externalIps, `goto ${external}`),
    ...atNode('service-nodeports', `goto ${external}`),
    ...[...new Set(ends)].map(key => ({ set: 'hairpin', key })),
  ]
}

/** What one service wants in the table. */
export function serviceRules({ ports }: ServiceRoutes, place: ProxyPlace): TablePart {
  const parts = ports.map(port => {
    const chains = new PortChains(port, nftWords[place.family])
    const elements = elementsOf(port, chains, place)
    return { elements, chains: chains.chains, sets: chains.sets }
  })
  const elements = new Map(parts.flatMap(part => part.elements).map(one => [`${one.set} ${one.key}`, one]))
  return {
    chains: Object.assign({}, ...parts.map(part => part.chains)),
    sets: Object.assign({}, ...parts.map(part => part.sets)),
    elements: [...elements.values()],
  }
}
