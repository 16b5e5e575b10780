/** Whom NetworkPolicies mean: the pods that they select, and the peers and ports of their rules. */
import type { Namespace, Pod } from '../../apis/generated/core-v1.js'
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../apis/generated/networking-v1.js'
import { type IpFamily, isCidrOfFamily } from '../../machinery/ip-family.js'
import { type LabelMatcher, labelSelectorFrom, matchesLabels } from '../../machinery/selector/index.js'
import { podAddress } from '../pod-address.js'

export interface PolicyInput {
  /** Of the addresses that rules are for. */
  family: IpFamily
  policies: readonly NetworkPolicy[]
  pods: readonly Pod[]
  namespaces: readonly Namespace[]
}

export type Direction = 'ingress' | 'egress'

export interface Rule {
  peers: readonly NetworkPolicyPeer[]
  ports: readonly NetworkPolicyPort[]
}

/** What of a pod counts. */
export interface Member {
  namespace: string
  labels: Record<string, string>
  ip: string
  pod: Pod
}

/** Addresses that a peer names. */
export interface PeerBlock {
  cidr: string
  /** CIDRs within it. */
  except: readonly string[]
}

/** Undefined where it names none, or such of the other family. */
export function blockOf({ ipBlock }: NetworkPolicyPeer, family: IpFamily): PeerBlock | undefined {
  if (!ipBlock || !isCidrOfFamily(ipBlock.cidr, family)) return undefined
  return { cidr: ipBlock.cidr, except: (ipBlock.except ?? []).filter(cidr => isCidrOfFamily(cidr, family)) }
}

/** Pods with addresses of their own; those of the host's are the host. */
function membersOf(pods: readonly Pod[], family: IpFamily): Member[] {
  return pods.flatMap(pod => {
    const ip = podAddress(pod, family)
    const phase = pod.status?.phase
    if (!ip || pod.spec.hostNetwork || phase === 'Succeeded' || phase === 'Failed') return []
    return [{ namespace: pod.metadata.namespace ?? '', labels: pod.metadata.labels ?? {}, ip, pod }]
  })
}

export class Peers {
  readonly members: readonly Member[]
  readonly family: IpFamily
  readonly #labels: ReadonlyMap<string, Record<string, string>>

  constructor({ pods, namespaces, family }: PolicyInput) {
    this.family = family
    this.members = membersOf(pods, family)
    this.#labels = new Map(namespaces.map(({ metadata }) => [metadata.name ?? '', metadata.labels ?? {}]))
  }

  selectedBy({ metadata, spec }: NetworkPolicy): Member[] {
    const selector = labelSelectorFrom(spec.podSelector ?? {})
    return this.members.filter(
      ({ namespace, labels }) => namespace === metadata.namespace && matchesLabels(selector, labels),
    )
  }

  /** Pods that one of the peers means; without a namespace selector, of the policy's own namespace. */
  ofPeers(peers: readonly NetworkPolicyPeer[], own: string | undefined): Member[] {
    const matchers = peers
      .filter(({ ipBlock }) => !ipBlock)
      .map(({ podSelector, namespaceSelector }) => ({
        pods: labelSelectorFrom(podSelector ?? {}),
        namespaces: namespaceSelector && labelSelectorFrom(namespaceSelector),
      }))
    const isIn = (namespace: string, selector: LabelMatcher | undefined) =>
      selector ? matchesLabels(selector, this.#labels.get(namespace) ?? {}) : namespace === own
    return this.members.filter(({ namespace, labels }) =>
      matchers.some(matcher => isIn(namespace, matcher.namespaces) && matchesLabels(matcher.pods, labels)),
    )
  }
}

/** Number of a port by its name, as sidecars have them too. */
export function namedPort({ spec }: Pod, name: string, protocol: string): number | undefined {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  return [...spec.containers, ...sidecars]
    .flatMap(({ ports }) => ports ?? [])
    .find(port => port.name === name && (port.protocol ?? 'TCP') === protocol)?.containerPort
}

export const rulesOf = ({ spec }: NetworkPolicy, direction: Direction): Rule[] =>
  direction === 'ingress'
    ? (spec.ingress ?? []).map(({ from = [], ports = [] }) => ({ peers: from, ports }))
    : (spec.egress ?? []).map(({ to = [], ports = [] }) => ({ peers: to, ports }))

export function isOfDirection({ spec }: NetworkPolicy, direction: Direction): boolean {
  const types = spec.policyTypes ?? ['Ingress', ...(spec.egress?.length ? ['Egress'] : [])]
  return types.includes(direction === 'ingress' ? 'Ingress' : 'Egress')
}

export const keyOf = ({ metadata }: NetworkPolicy): string => `${metadata.namespace}/${metadata.name}`

/** Pods that the peers of a rule mean, and those whose names of ports count: the pod that is selected, or one of the peers. */
export function targetsOf(
  policy: NetworkPolicy,
  { rule, direction, peers }: { rule: Rule; direction: Direction; peers: Peers },
): { pods: readonly Member[]; targets: readonly Member[] } {
  const pods = peers.ofPeers(rule.peers, policy.metadata.namespace)
  const called = rule.peers.length ? pods : peers.members
  return { pods, targets: direction === 'ingress' ? peers.selectedBy(policy) : called }
}

/** Pods that policies select, each with its policies. */
export function policiesByPod(policies: readonly NetworkPolicy[], peers: Peers): Map<Member, NetworkPolicy[]> {
  const byPod = new Map<Member, NetworkPolicy[]>()
  for (const policy of policies)
    for (const member of peers.selectedBy(policy)) byPod.set(member, [...(byPod.get(member) ?? []), policy])
  return byPod
}
