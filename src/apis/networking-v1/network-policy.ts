/** NetworkPolicy says which traffic may reach and leave the pods it selects. */
import { type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import { cidrContains, parseCidr } from '../../machinery/ip.js'
import { defineKind } from '../../machinery/kind.js'
import { isValidPortName, isValidPortNumber } from '../../machinery/name-rules.js'
import { printLabelSelector, validateLabelSelector } from '../../machinery/selector/index.js'
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../generated/networking-v1.js'
import { age } from '../printing/age.js'
import { cidrWarnings, legacyCidr } from '../validation/ip.js'
import { formatErrors } from '../validation/text.js'

const protocols = ['TCP', 'UDP', 'SCTP']
const policyTypes = ['Ingress', 'Egress']

/** Both directions in one shape. */
const rulesOf = ({ spec }: NetworkPolicy) => [
  ...(spec.ingress ?? []).map((r, i) => ({ ports: r.ports, peers: r.from, path: `spec.ingress[${i}]`, list: 'from' })),
  ...(spec.egress ?? []).map((r, i) => ({ ports: r.ports, peers: r.to, path: `spec.egress[${i}]`, list: 'to' })),
]

function* validatePort({ protocol, port, endPort }: NetworkPolicyPort, path: string): Generator<FieldError> {
  if (protocol !== undefined && !protocols.includes(protocol))
    yield notSupported(`${path}.protocol`, protocol, protocols)
  if (typeof port === 'number') {
    for (const message of isValidPortNumber(port)) yield invalid(`${path}.port`, port, message)
    if (endPort === undefined) return
    if (endPort < port) yield invalid(`${path}.endPort`, port, 'must be greater than or equal to `port`')
    for (const message of isValidPortNumber(endPort)) yield invalid(`${path}.endPort`, endPort, message)
    return
  }
  if (endPort !== undefined) {
    const why = port === undefined ? 'is not specified' : 'is non-numeric'
    yield invalid(`${path}.endPort`, endPort, `may not be specified when \`port\` ${why}`)
  }
  if (port !== undefined) yield* formatErrors(isValidPortName, port, `${path}.port`)
}

function* validatePeer(peer: NetworkPolicyPeer, path: string): Generator<FieldError> {
  const { podSelector, namespaceSelector, ipBlock } = peer
  yield* validateLabelSelector(podSelector, `${path}.podSelector`)
  yield* validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`)
  if (ipBlock) yield* validateIpBlock(ipBlock, `${path}.ipBlock`)
  if (!podSelector && !namespaceSelector && !ipBlock) yield required(path, 'must specify a peer')
  else if (ipBlock && (podSelector || namespaceSelector))
    yield forbidden(path, 'may not specify both ipBlock and another peer')
}

function* validateIpBlock({ cidr, except = [] }: IPBlock, path: string): Generator<FieldError> {
  if (!cidr) {
    yield required(`${path}.cidr`)
    return
  }
  yield* legacyCidr(cidr, `${path}.cidr`)
  const whole = parseCidr(cidr)
  if (!whole) return
  for (const [i, text] of except.entries()) {
    yield* legacyCidr(text, `${path}.except[${i}]`)
    const part = parseCidr(text)
    if (part && (!cidrContains(whole, part.ip) || whole.prefixLength >= part.prefixLength))
      yield invalid(`${path}.except[${i}]`, text, 'must be a strict subset of `cidr`')
  }
}

export const networkPolicy = defineKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  scope: 'Namespaced',
  names: { plural: 'networkpolicies', shortNames: ['netpol'] },

  setDefaults(policy) {
    const { spec } = policy
    if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress']
    for (const { ports } of rulesOf(policy)) for (const port of ports ?? []) port.protocol ??= 'TCP'
  },

  updateChecks: ['meta', 'spec', 'metaUpdate', 'spec'],
  *validate(policy) {
    const { podSelector, policyTypes: types = [] } = policy.spec
    yield* validateLabelSelector(podSelector, 'spec.podSelector')
    for (const { ports = [], peers = [], path, list } of rulesOf(policy)) {
      for (const [i, port] of ports.entries()) yield* validatePort(port, `${path}.ports[${i}]`)
      for (const [i, peer] of peers.entries()) yield* validatePeer(peer, `${path}.${list}[${i}]`)
    }
    if (types.length > policyTypes.length) {
      yield invalid('spec.policyTypes', types, 'may not specify more than two policyTypes')
      return
    }
    for (const [i, type] of types.entries())
      if (!policyTypes.includes(type)) yield notSupported(`spec.policyTypes[${i}]`, type, policyTypes)
  },
  warnings: policy =>
    rulesOf(policy).flatMap(({ peers = [], path, list }) =>
      peers.flatMap(({ ipBlock }, i) => [
        ...(ipBlock ? cidrWarnings(ipBlock.cidr, `${path}.${list}[${i}].ipBlock.cidr`) : []),
        ...(ipBlock?.except ?? []).flatMap((cidr, j) =>
          cidrWarnings(cidr, `${path}.${list}[${i}].ipBlock.except[${j}]`),
        ),
      ]),
    ),

  strategy: { bumpGenerationOnEmpty: true },
  printerColumns: [
    {
      name: 'Pod-Selector',
      description:
        'Selects the pods to which this NetworkPolicy object applies.  The array of ingress rules is applied to any pods selected by this field. Multiple network policies can select the same set of pods.  In this case, the ingress rules for each are combined additively. This field is NOT optional and follows standard label selector semantics. An empty podSelector matches all pods in this namespace.',
      of: ({ spec }) => printLabelSelector(spec.podSelector ?? {}),
    },
    age,
  ],
})
