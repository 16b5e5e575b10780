/** Ingress routes HTTP from outside to Services by host and path. */
import { type FieldError, invalid } from '../../machinery/field-error.js'
import { parseIp } from '../../machinery/ip.js'
import { defineKind } from '../../machinery/kind.js'
import type { Ingress, IngressLoadBalancerStatus, IngressRule } from '../generated/networking-v1.js'
import { age } from '../printing/age.js'
import { legacyIp } from '../validation/ip.js'
import { validateDnsSubdomain } from '../validation/text.js'
import { validateIngressSpec } from './ingress-spec.js'

const classAnnotation = 'kubernetes.io/ingress.class'
const shownHosts = 3

/** The first three hosts, `*` for none; upstream counts rules, not hosts, for what is left. */
function formatHosts(rules: readonly IngressRule[]): string {
  const list: string[] = []
  let more = false
  for (const { host } of rules) {
    more ||= list.length === shownHosts
    if (!more && host) list.push(host)
  }
  if (!list.length) return '*'
  return more ? `${list.join(',')} + ${rules.length - shownHosts} more...` : list.join(',')
}

function formatAddresses({ ingress = [] }: IngressLoadBalancerStatus): string {
  return [...new Set(ingress.map(({ ip, hostname }) => ip || hostname).filter(Boolean))].sort().join(',')
}

function* validateStatus({ status }: Ingress, old: Ingress): Generator<FieldError> {
  const known = (old.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip)
  for (const [i, { ip, hostname }] of (status?.loadBalancer?.ingress ?? []).entries()) {
    const path = `status.loadBalancer.ingress[${i}]`
    if (ip && !known.includes(ip)) yield* legacyIp(ip, `${path}.ip`)
    if (!hostname) continue
    yield* validateDnsSubdomain(hostname, `${path}.hostname`)
    if (parseIp(hostname)) yield invalid(`${path}.hostname`, hostname, 'must be a DNS name, not an IP address')
  }
}

export const ingress = defineKind<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  scope: 'Namespaced',
  names: { plural: 'ingresses', shortNames: ['ing'] },

  updateChecks: ['metaUpdate', 'meta', 'spec'],
  validate: ({ spec }) => validateIngressSpec(spec, 'spec'),
  *validateCreate({ metadata, spec }) {
    const annotation = metadata.annotations?.[classAnnotation]
    if (annotation !== undefined && spec.ingressClassName !== undefined && annotation !== spec.ingressClassName)
      yield invalid(
        `annotations.${classAnnotation}`,
        annotation,
        'must match `ingressClassName` when both are specified',
      )
  },
  warnings: ({ metadata, spec }, old) =>
    !old && metadata.annotations?.[classAnnotation] !== undefined && spec.ingressClassName === undefined
      ? [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],

  subresources: { status: { validateUpdate: validateStatus } },
  printerColumns: [
    {
      name: 'Class',
      description: 'The name of the IngressClass resource that should be used for additional configuration',
      of: ({ spec }) => spec.ingressClassName ?? '<none>',
    },
    {
      name: 'Hosts',
      description: 'Hosts that incoming requests are matched against before the ingress rule',
      of: ({ spec }) => formatHosts(spec.rules ?? []),
    },
    {
      name: 'Address',
      description: 'Address is a list containing ingress points for the load-balancer',
      of: ({ status }) => formatAddresses(status?.loadBalancer ?? {}),
    },
    {
      name: 'Ports',
      description: 'Ports of TLS configurations that open',
      of: ({ spec }) => (spec.tls?.length ? '80, 443' : '80'),
    },
    age,
  ],
})
