/** Ingresses as rules: hosts and paths, and default back ends for what no rule takes. */
import type { Ingress, IngressBackend, IngressRule } from '../../apis/generated/networking-v1.js'
import type { HttpRule, PathMatch, WeightedBackend } from '../http-router/http-rule.js'

/** What Ingresses are reached at: plain and over TLS. */
export const plainPort = 80
export const tlsPort = 443
const ports = [plainPort, tlsPort]

/** Back ends that are resources are nobody's here. */
function backendOf(namespace: string, { service }: IngressBackend): WeightedBackend {
  const port = service?.port?.number ?? service?.port?.name
  return { to: service && port ? { namespace, service: service.name, port } : undefined, weight: 1 }
}

const everything: PathMatch = { type: 'Prefix', value: '/' }

/** What is left to us to say: a prefix. */
const pathOf = (pathType: string, path: string | undefined): PathMatch =>
  path ? { type: pathType === 'Exact' ? 'Exact' : 'Prefix', value: path } : everything

type RuleBase = Pick<HttpRule, 'source' | 'order'>

/** A rule without paths leaves its host to the default back end. */
const planRule = ({ host = '', http }: IngressRule, namespace: string, base: RuleBase): Omit<HttpRule, 'port'>[] =>
  (http?.paths ?? []).map(({ pathType, path, backend }) => ({
    ...base,
    host: host.toLowerCase(),
    path: pathOf(pathType, path),
    backends: [backendOf(namespace, backend)],
  }))

/** For the hosts of the Ingress, and after them for all others: there, Ingresses that have nothing else come first. */
function planDefaults({ metadata, spec }: Ingress, base: RuleBase): Omit<HttpRule, 'port'>[] {
  if (!spec.defaultBackend) return []
  const backends = [backendOf(metadata.namespace ?? '', spec.defaultBackend)]
  const hosts = new Set([...(spec.rules ?? []).map(({ host = '' }) => host.toLowerCase()), ''])
  const order = `${spec.rules?.length ? 1 : 0} ${base.order}`
  return [...hosts].map(host => ({ ...base, order, host, isDefault: true, path: everything, backends }))
}

/** Among Ingresses that want the same, the oldest wins. */
export function planIngressRules(ingress: Ingress): HttpRule[] {
  const { creationTimestamp = '', namespace = '', name } = ingress.metadata
  const base = { source: `Ingress ${namespace}/${name}`, order: `${creationTimestamp} ${namespace}/${name}` }
  const rules = [
    ...(ingress.spec.rules ?? []).flatMap(rule => planRule(rule, namespace, base)),
    ...planDefaults(ingress, base),
  ]
  return ports.flatMap(port => rules.map(rule => ({ ...rule, port })))
}
