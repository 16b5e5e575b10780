/**
 * NetworkPolicies as chains and elements of the cluster's table: pure.
 *
 * A new connection passes two base chains. `policy-egress` looks the sender up in `egress-isolated`, `policy-ingress` the receiver in
 * `ingress-isolated`; pods that no policy selects are in neither. There it meets the chain of the policies that select the pod, each of which
 * may accept; what none accepts is dropped. The host reaches every pod, as nodes do.
 */
import { createHash } from 'node:crypto'
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../apis/generated/networking-v1.js'
import type { IpFamily } from '../../machinery/ip-family.js'
import type { Chain, Element, TablePart } from '../packet-filter/nft-table.js'
import { nftWords } from '../packet-filter/nft-words.js'
import {
  blockOf,
  type Direction,
  isOfDirection,
  keyOf,
  type Member,
  namedPort,
  type PeerBlock,
  Peers,
  type PolicyInput,
  policiesByPod,
  type Rule,
  rulesOf,
  targetsOf,
} from './policy-peers.js'

const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12)

/** The chain of one direction of one policy, with the sets that it looks into. */
class PolicyChain {
  readonly rules: string[] = []
  readonly sets: Record<string, string> = {}
  readonly elements: Element[] = []
  readonly #side: string

  constructor(
    private readonly id: string,
    direction: Direction,
    private readonly family: IpFamily,
  ) {
    this.#side = `${nftWords[family].ip} ${direction === 'ingress' ? 'saddr' : 'daddr'}`
  }

  /** `targets`: pods whose names of ports count; `pods`: those the peers mean. */
  add(index: number, rule: Rule, { pods, targets }: { pods: readonly Member[]; targets: readonly Member[] }): void {
    const from = rule.peers.length ? this.#peers(index, rule.peers, pods) : ['']
    const ports = rule.ports.length ? rule.ports.map((port, i) => this.#port(`${index}.${i}`, port, targets)) : ['']
    for (const peer of from) for (const port of ports) this.rules.push([peer, port, 'accept'].filter(Boolean).join(' '))
  }

  #peers(index: number, peers: readonly NetworkPolicyPeer[], pods: readonly Member[]): string[] {
    const blocks = peers.flatMap(peer => blockOf(peer, this.family) ?? []).map(block => this.#block(block))
    if (peers.every(({ ipBlock }) => ipBlock)) return blocks
    const set = `peers-${hash(`${this.id}/${index}`)}`
    this.sets[set] = `set { type ${nftWords[this.family].address}; }`
    this.elements.push(...pods.map(({ ip }) => ({ set, key: ip })))
    return [`${this.#side} @${set}`, ...blocks]
  }

  #block({ cidr, except }: PeerBlock): string {
    const within = cidr.endsWith('/0') ? '' : `${this.#side} ${cidr}`
    // Each by itself: ranges of a set must not overlap.
    return [within, ...except.map(range => `${this.#side} != ${range}`)].filter(Boolean).join(' ')
  }

  #port(index: string, { protocol = 'TCP', port, endPort }: NetworkPolicyPort, targets: readonly Member[]): string {
    const name = protocol.toLowerCase()
    if (port === undefined) return `meta l4proto ${name}`
    if (typeof port === 'number') return `${name} dport ${endPort ? `${port}-${endPort}` : port}`
    const set = `ports-${hash(`${this.id}/${index}`)}`
    const { ip: match, address } = nftWords[this.family]
    this.sets[set] = `set { type ${address} . inet_service; }`
    for (const { ip, pod } of targets) {
      const number = namedPort(pod, port, protocol)
      if (number) this.elements.push({ set, key: `${ip} . ${number}` })
    }
    return `${match} daddr . ${name} dport @${set}`
  }
}

const chainOf = (policy: NetworkPolicy, direction: Direction) => `${direction}-of-${hash(keyOf(policy))}`

function policyPart(policy: NetworkPolicy, direction: Direction, peers: Peers): TablePart {
  const chain = new PolicyChain(`${keyOf(policy)}/${direction}`, direction, peers.family)
  for (const [i, rule] of rulesOf(policy, direction).entries())
    chain.add(i, rule, targetsOf(policy, { rule, direction, peers }))
  return {
    chains: { [chainOf(policy, direction)]: { rules: chain.rules } },
    sets: chain.sets,
    elements: distinct(chain.elements),
  }
}

const distinct = (elements: readonly Element[]): Element[] => [
  ...new Map(elements.map(element => [`${element.set} ${element.key}`, element])).values(),
]

/** Pods that policies select, and for each combination of policies a chain of theirs. */
function isolationParts(policies: readonly NetworkPolicy[], direction: Direction, peers: Peers) {
  const chains: Record<string, Chain> = {}
  const elements: Element[] = []
  for (const [{ ip }, own] of policiesByPod(policies, peers)) {
    const names = own.map(policy => chainOf(policy, direction)).sort()
    const chain = `${direction}-${hash(names.join())}`
    chains[chain] ??= { rules: [...names.map(name => `jump ${name}`), 'drop'] }
    elements.push({ set: `${direction}-isolated`, key: ip, value: `goto ${chain}` })
  }
  return { chains, elements: distinct(elements) } satisfies TablePart
}

const known = 'ct state established,related accept'
/** Without these, pods of IPv6 do not find each other's hardware, and it is nobody's connection. */
const neighbours = 'icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept'
/** Addresses that interfaces give themselves: no policy knows whose they are. */
const linkLocal = 'ip6 saddr fe80::/10 drop'

/** Stands in the table as long as there are policies. A pod always reaches itself, also by a service. */
function frameOf(family: IpFamily): TablePart {
  const { ip, address } = nftWords[family]
  const isolated = `map { type ${address} : verdict; }`
  const first = [
    ...(family === 'IPv6' ? [neighbours, linkLocal] : []),
    known,
    `${ip} saddr . ${ip} daddr @hairpin accept`,
  ]
  return {
    sets: { 'ingress-isolated': isolated, 'egress-isolated': isolated },
    chains: {
      'policy-egress': {
        hook: 'type filter hook forward priority -3; policy accept;',
        rules: [...first, `${ip} saddr vmap @egress-isolated`],
      },
      'policy-ingress': {
        hook: 'type filter hook forward priority -2; policy accept;',
        rules: [...first, `${ip} daddr vmap @ingress-isolated`],
      },
    },
  }
}

/** What is to be in the table, by owner; nothing without policies. */
export function planPolicies(input: PolicyInput): Map<string, TablePart> {
  const parts = new Map<string, TablePart>()
  if (!input.policies.length) return parts
  const peers = new Peers(input)
  parts.set('policies', frameOf(input.family))
  for (const direction of ['ingress', 'egress'] as const) {
    const policies = input.policies.filter(policy => isOfDirection(policy, direction))
    for (const policy of policies)
      parts.set(`policy ${direction} ${keyOf(policy)}`, policyPart(policy, direction, peers))
    parts.set(`isolation ${direction}`, isolationParts(policies, direction, peers))
  }
  return parts
}
