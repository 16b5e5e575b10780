/** Checks of services, their updates and their status: upstream's validateService and its neighbours. */
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import { parseIp } from '../../machinery/ip.js'
import { validateLabels } from '../../machinery/selector/index.js'
import type { LoadBalancerStatus, Service, ServicePort, ServiceSpec } from '../generated/core-v1.js'
import { legacyIp, validateEndpointIp } from '../validation/ip.js'
import { validateDnsLabel, validateDnsSubdomain, validateQualifiedName } from '../validation/text.js'
import { internalForm } from './internal-form.js'
import { validatePortNumber, validatePortNumberOrName, validateProtocol } from './pod-spec/ports.js'
import { validateClusterIps, validateClusterIpsUpdate } from './service-cluster-ips.js'
import { isHeadless, needsHealthCheck } from './service-facts.js'
import {
  validateAffinity,
  validateLoadBalancerClass,
  validateLoadBalancerFields,
  validateTrafficPolicies,
} from './service-traffic.js'

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'] as const
const topologyHints = 'service.kubernetes.io/topology-aware-hints'
const topologyMode = 'service.kubernetes.io/topology-mode'

function* validateTopologyAnnotations({ annotations = {} }: Service['metadata']): Generator<FieldError> {
  const mode = annotations[topologyMode]
  const hints = annotations[topologyHints]
  if (mode !== undefined && hints !== undefined && mode !== hints)
    yield invalid(
      `metadata.annotations[${topologyMode}]`,
      mode,
      `must match annotations[${topologyHints}] when both are specified`,
    )
}

function* validateExternalName(spec: ServiceSpec): Generator<FieldError> {
  const notAllowed = 'may not be set for ExternalName services'
  if (spec.clusterIPs?.length) yield forbidden('spec.clusterIPs', notAllowed)
  if (spec.ipFamilies?.length) yield forbidden('spec.ipFamilies', notAllowed)
  if (spec.ipFamilyPolicy !== undefined) yield forbidden('spec.ipFamilyPolicy', notAllowed)
  // A trailing dot says that the name is complete.
  const name = (spec.externalName ?? '').replace(/\.$/, '')
  if (name) yield* validateDnsSubdomain(name, 'spec.externalName')
  else yield required('spec.externalName')
}

function* validateTypeNeeds(spec: ServiceSpec): Generator<FieldError> {
  if (!spec.ports?.length && !isHeadless(spec) && spec.type !== 'ExternalName') yield required('spec.ports')
  if (spec.type === 'ExternalName') yield* validateExternalName(spec)
  else if ((spec.type === 'LoadBalancer' || spec.type === 'NodePort') && isHeadless(spec))
    yield invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`)
}

function* validatePort(
  port: ServicePort,
  { names, path }: { names: Set<string>; path: string },
): Generator<FieldError> {
  if (port.name) {
    yield* validateDnsLabel(port.name, `${path}.name`)
    if (names.has(port.name)) yield duplicate(`${path}.name`, port.name)
    names.add(port.name)
  }
  yield* validatePortNumber(port.port ?? 0, `${path}.port`)
  yield* validateProtocol(port.protocol, `${path}.protocol`)
  yield* validatePortNumberOrName(port.targetPort, `${path}.targetPort`)
  if (port.appProtocol !== undefined) yield* validateQualifiedName(port.appProtocol, `${path}.appProtocol`)
}

function* validatePorts({ ports = [] }: ServiceSpec): Generator<FieldError> {
  const names = new Set<string>()
  for (const [i, port] of ports.entries()) {
    if (ports.length > 1 && !port.name) yield required(`spec.ports[${i}].name`)
    yield* validatePort(port, { names, path: `spec.ports[${i}]` })
  }
}

function* validatePortNumbers({ ports = [], type }: ServiceSpec): Generator<FieldError> {
  if (type === 'ClusterIP')
    for (const [i, { nodePort }] of ports.entries())
      if (nodePort) yield forbidden(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'")
  const nodePorts = new Set<string>()
  for (const [i, { protocol, nodePort }] of ports.entries()) {
    if (!nodePort) continue
    const key = `${protocol}/${nodePort}`
    if (nodePorts.has(key)) yield duplicate(`spec.ports[${i}].nodePort`, nodePort)
    nodePorts.add(key)
  }
  const numbers = new Set<string>()
  for (const [i, { protocol, port }] of ports.entries()) {
    const key = `${protocol}/${port}`
    if (numbers.has(key)) yield duplicate(`spec.ports[${i}]`, internalForm('ServicePort', { protocol, port }))
    numbers.add(key)
  }
}

function* validateExternalIps({ externalIPs = [] }: ServiceSpec, old: ServiceSpec | undefined): Generator<FieldError> {
  for (const [i, ip] of externalIPs.entries()) {
    const path = `spec.externalIPs[${i}]`
    const errors = old?.externalIPs?.includes(ip) ? [] : [...legacyIp(ip, path)]
    yield* errors
    if (!errors.length) yield* validateEndpointIp(ip, path)
  }
}

/** Yields every error of the service; `old` spares what is stored already from newer rules. */
export function* validateService(service: Service, old?: Service): Generator<FieldError> {
  const { metadata, spec } = service
  yield* validateTopologyAnnotations(metadata)
  yield* validateTypeNeeds(spec)
  yield* validatePorts(spec)
  yield* validateLabels(spec.selector, 'spec.selector')
  yield* validateAffinity(spec)
  yield* validateClusterIps(spec, old?.spec)
  yield* validateExternalIps(spec, old?.spec)
  if (!spec.type) yield required('spec.type')
  else if (!types.includes(spec.type as never)) yield notSupported('spec.type', spec.type, types)
  yield* validatePortNumbers(spec)
  yield* validateLoadBalancerFields(service, old)
  yield* validateTrafficPolicies(spec)
}

/** Errors of the change alone. */
export function* validateServiceChange({ spec }: Service, { spec: old }: Service): Generator<FieldError> {
  yield* validateClusterIpsUpdate(spec, old)
  const isLoadBalancer = spec.type === 'LoadBalancer' && old.type === 'LoadBalancer'
  if (isLoadBalancer && spec.loadBalancerClass !== old.loadBalancerClass)
    yield invalid('spec.loadBalancerClass', spec.loadBalancerClass ?? null, 'may not change once set')
  // Upstream looks at it twice.
  yield* validateLoadBalancerClass(spec)
  if (needsHealthCheck(spec) && needsHealthCheck(old) && spec.healthCheckNodePort !== old.healthCheckNodePort)
    yield forbidden('spec.healthCheckNodePort', 'field is immutable')
}

const ipModes = ['Proxy', 'VIP'] as const

function* validateIpMode(ip: string, mode: string | undefined, path: string): Generator<FieldError> {
  if (mode === undefined) {
    if (ip) yield required(path, 'must be specified when `ip` is set')
  } else if (!ip) yield forbidden(path, 'may not be specified when `ip` is not set')
  else if (!ipModes.includes(mode as never)) yield notSupported(path, mode, ipModes)
}

function* validateIngress(
  { ip = '', ipMode, hostname = '' }: NonNullable<LoadBalancerStatus['ingress']>[number],
  known: ReadonlySet<string>,
  path: string,
): Generator<FieldError> {
  if (ip && !known.has(ip)) yield* legacyIp(ip, `${path}.ip`)
  yield* validateIpMode(ip, ipMode, `${path}.ipMode`)
  if (!hostname) return
  yield* validateDnsSubdomain(hostname, `${path}.hostname`)
  if (parseIp(hostname)) yield invalid(`${path}.hostname`, hostname, 'must be a DNS name, not an IP address')
}

/** Errors of an update of the status. */
export function* validateServiceStatus({ spec, status }: Service, old: Service): Generator<FieldError> {
  const ingress = status?.loadBalancer?.ingress ?? []
  const path = 'status.loadBalancer.ingress'
  if (spec.type !== 'LoadBalancer' && ingress.length)
    return yield forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")
  const known = new Set(old.status?.loadBalancer?.ingress?.flatMap(({ ip }) => ip || []))
  for (const [i, point] of ingress.entries()) yield* validateIngress(point, known, `${path}[${i}]`)
}
