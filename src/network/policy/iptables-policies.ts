/**
 * NetworkPolicies as chains of iptables: what `policy-rules.ts` is for nftables. Pure.
 *
 * A new connection passes `egress`, which finds the sender, and `ingress`, which finds the receiver. Each pod that policies select has a chain of
 * all that they allow, which ends in a drop. What is allowed goes back, and on to whatever else the host has to say: so each rule names one
 * peer and one port.
 */
import type { NetworkPolicy, NetworkPolicyPort } from '../../apis/generated/networking-v1.js'
import type { IpFamily } from '../../machinery/ip-family.js'
import { bucketed, hashedChain } from '../packet-filter/iptables-names.js'
import type { IptablesChain, IptablesPart, SharedRule } from '../packet-filter/iptables-table.js'
import { hostBlock } from '../packet-filter/iptables-words.js'
import { cidrWithout } from './cidr-without.js'
import {
  blockOf,
  type Direction,
  isOfDirection,
  keyOf,
  type Member,
  namedPort,
  Peers,
  type PolicyInput,
  policiesByPod,
  type Rule,
  rulesOf,
  targetsOf,
} from './policy-peers.js'

const sides = { ingress: '-s', egress: '-d' } as const
type Side = { direction: Direction; family: IpFamily }

/** Whom the rule means, a match each; none for everybody. */
function matchesOfPeers({ peers }: Rule, { direction, family }: Side, pods: readonly Member[]): string[] {
  if (!peers.length) return ['']
  const blocks = peers.flatMap(peer => {
    const block = blockOf(peer, family)
    return block ? cidrWithout(block.cidr, block.except) : []
  })
  const addresses = [...pods.map(({ ip }) => hostBlock(ip)), ...blocks]
  return [...new Set(addresses)].map(address => `${sides[direction]} ${address}`)
}

/** Ports by name are those of certain pods, a match each. */
function matchesOfNamed({ protocol = 'TCP', port }: NetworkPolicyPort, targets: readonly Member[]): string[] {
  const name = protocol.toLowerCase()
  return targets.flatMap(({ ip, pod }) => {
    const number = namedPort(pod, String(port), protocol)
    return number ? [`-d ${hostBlock(ip)} -p ${name} -m ${name} --dport ${number}`] : []
  })
}

function matchOfNumber({ protocol = 'TCP', port, endPort }: NetworkPolicyPort): string {
  const name = protocol.toLowerCase()
  return port === undefined ? `-p ${name}` : `-p ${name} -m ${name} --dport ${endPort ? `${port}:${endPort}` : port}`
}

const isNamed = ({ port }: NetworkPolicyPort) => typeof port === 'string'

/** All that the policy allows. */
function allowed(policy: NetworkPolicy, direction: Direction, peers: Peers): string[] {
  return rulesOf(policy, direction).flatMap(rule => {
    const { pods, targets } = targetsOf(policy, { rule, direction, peers })
    const from = matchesOfPeers(rule, { direction, family: peers.family }, pods)
    const named = rule.ports.filter(isNamed).flatMap(port => matchesOfNamed(port, targets))
    const numbers = rule.ports.filter(port => !isNamed(port)).map(matchOfNumber)
    const plain = rule.ports.length ? numbers : ['']
    const pairs = from.flatMap(peer => plain.map(port => `${peer} ${port}`))
    // Of egress, the pods with the names are the peers.
    const withNames = direction === 'egress' ? named : from.flatMap(peer => named.map(port => `${peer} ${port}`))
    return [...pairs, ...withNames].map(match => `${match} -j RETURN`.replaceAll(/ +/g, ' ').trim())
  })
}

/** Pods that policies select, and for each combination of policies a chain. */
function isolationPart(policies: readonly NetworkPolicy[], direction: Direction, at: { peers: Peers; prefix: string }) {
  const { peers, prefix } = at
  const chains: Record<string, IptablesChain> = {}
  const shared: SharedRule[] = []
  const place = { table: 'filter', chain: `${prefix}${direction}`, side: direction === 'egress' ? '-s' : '-d' } as const
  for (const [{ ip }, own] of policiesByPod(policies, peers)) {
    const chain = hashedChain(prefix, `${direction} ${own.map(keyOf).sort()}`)
    chains[chain] ??= {
      table: 'filter',
      rules: [...new Set(own.flatMap(policy => allowed(policy, direction, peers))), '-j DROP'],
    }
    // A pod always reaches itself, also by a service.
    shared.push(...bucketed(place, ip, `${direction === 'egress' ? '! -d' : '! -s'} ${hostBlock(ip)} -j ${chain}`))
  }
  return { chains, shared } satisfies IptablesPart
}

const isKnown = '-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN'
/** As for nftables: pods of IPv6 look for each other's hardware, and addresses that interfaces give themselves are nobody's. */
const first: Readonly<Record<IpFamily, readonly string[]>> = {
  IPv4: [isKnown],
  IPv6: [
    ...['router-solicitation', 'router-advertisement', 'neighbour-solicitation', 'neighbour-advertisement'].map(
      type => `-p ipv6-icmp -m icmp6 --icmpv6-type ${type} -j RETURN`,
    ),
    '-s fe80::/10 -j DROP',
    isKnown,
  ],
}

/** Stands there as long as there are policies. */
function frame(prefix: string, family: IpFamily): IptablesPart {
  const directions = ['egress', 'ingress']
  const table = 'filter'
  return {
    chains: Object.fromEntries(directions.map(name => [`${prefix}${name}`, { table, rules: first[family] }])),
    shared: directions.map(name => ({ table, chain: `${prefix}policies`, rule: `-j ${prefix}${name}` })),
  }
}

/** What is to be there, by owner; nothing without policies. */
export function planIptablesPolicies(input: PolicyInput, prefix: string): Map<string, IptablesPart> {
  const parts = new Map<string, IptablesPart>()
  if (!input.policies.length) return parts
  const peers = new Peers(input)
  parts.set('policies', frame(prefix, input.family))
  for (const direction of ['ingress', 'egress'] as const) {
    const policies = input.policies.filter(policy => isOfDirection(policy, direction))
    parts.set(`isolation ${direction}`, isolationPart(policies, direction, { peers, prefix }))
  }
  return parts
}
