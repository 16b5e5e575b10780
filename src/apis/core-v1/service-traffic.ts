/** Checks of how traffic reaches a service: affinity, traffic policies, load balancers. */
import { type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import { isValidPortNumber } from '../../machinery/name-rules.js'
import type { Service, ServiceSpec } from '../generated/core-v1.js'
import { legacyCidr } from '../validation/ip.js'
import { validateQualifiedName } from '../validation/text.js'
import { isExternallyAccessible, needsHealthCheck } from './service-facts.js'

const affinities = ['ClientIP', 'None'] as const
const trafficPolicies = ['Cluster', 'Local'] as const
const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode'] as const
const maxAffinitySeconds = 86400

const sourceRangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges'

function* validateClientIpConfig({ sessionAffinityConfig: config }: ServiceSpec): Generator<FieldError> {
  const path = 'spec.sessionAffinityConfig'
  const when = 'when session affinity type is ClientIP'
  const seconds = config?.clientIP?.timeoutSeconds
  if (!config) yield required(path, when)
  else if (!config.clientIP) yield required(`${path}.clientIP`, when)
  else if (seconds === undefined) yield required(`${path}.clientIP.timeoutSeconds`, when)
  else if (seconds <= 0 || seconds > maxAffinitySeconds)
    yield invalid(
      `${path}.clientIP.timeoutSeconds`,
      seconds,
      `must be greater than 0 and less than ${maxAffinitySeconds}`,
    )
}

/** spec.sessionAffinity and its settings. */
export function* validateAffinity(spec: ServiceSpec): Generator<FieldError> {
  const { sessionAffinity: affinity, sessionAffinityConfig } = spec
  if (!affinity) yield required('spec.sessionAffinity')
  else if (!affinities.includes(affinity as never)) yield notSupported('spec.sessionAffinity', affinity, affinities)
  if (affinity === 'ClientIP') yield* validateClientIpConfig(spec)
  else if (affinity === 'None' && sessionAffinityConfig)
    yield forbidden('spec.sessionAffinityConfig', 'must not be set when session affinity is None')
}

function* validateExternalPolicy(spec: ServiceSpec): Generator<FieldError> {
  const { externalTrafficPolicy: policy = '', healthCheckNodePort: port = 0 } = spec
  const path = 'spec.externalTrafficPolicy'
  if (!isExternallyAccessible(spec)) {
    if (policy) yield invalid(path, policy, 'may only be set for externally-accessible services')
  } else if (!policy) yield required(path)
  else if (!trafficPolicies.includes(policy as never)) yield notSupported(path, policy, trafficPolicies)
  if (needsHealthCheck(spec)) {
    if (!port) yield required('spec.healthCheckNodePort')
    else for (const message of isValidPortNumber(port)) yield invalid('spec.healthCheckNodePort', port, message)
  } else if (port)
    yield invalid(
      'spec.healthCheckNodePort',
      port,
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    )
}

/** Traffic policies and distribution. */
export function* validateTrafficPolicies(spec: ServiceSpec): Generator<FieldError> {
  yield* validateExternalPolicy(spec)
  const { internalTrafficPolicy: policy, trafficDistribution: distribution } = spec
  if (policy === undefined) {
    if (['NodePort', 'LoadBalancer', 'ClusterIP'].includes(spec.type ?? ''))
      yield required('spec.internalTrafficPolicy')
  } else if (!trafficPolicies.includes(policy as never))
    yield notSupported('spec.internalTrafficPolicy', policy, trafficPolicies)
  if (distribution !== undefined && !distributions.includes(distribution as never))
    yield notSupported('spec.trafficDistribution', distribution, distributions)
}

const onlyForLoadBalancers = "may only be used when `type` is 'LoadBalancer'"

function* validateSourceRanges({ spec, metadata }: Service, old: Service | undefined): Generator<FieldError> {
  const isLoadBalancer = spec.type === 'LoadBalancer'
  if (spec.loadBalancerSourceRanges?.length) {
    const path = 'spec.LoadBalancerSourceRanges'
    if (!isLoadBalancer) yield forbidden(path, onlyForLoadBalancers)
    const known = new Set(old?.spec.loadBalancerSourceRanges?.map(range => range.trim()))
    for (const [i, range] of spec.loadBalancerSourceRanges.entries())
      if (!known.has(range.trim())) yield* legacyCidr(range.trim(), `${path}[${i}]`)
    return
  }
  const annotation = metadata.annotations?.[sourceRangesAnnotation]
  if (annotation === undefined) return
  const path = `metadata.annotations[${sourceRangesAnnotation}]`
  if (!isLoadBalancer) yield forbidden(path, onlyForLoadBalancers)
  if (old?.metadata.annotations?.[sourceRangesAnnotation] === annotation || !annotation.trim()) return
  for (const range of annotation.split(',')) yield* legacyCidr(range.trim(), path)
}

/** What only load balancers have. */
export function* validateLoadBalancerFields(service: Service, old: Service | undefined): Generator<FieldError> {
  const { allocateLoadBalancerNodePorts: allocate, type } = service.spec
  const isLoadBalancer = type === 'LoadBalancer'
  yield* validateSourceRanges(service, old)
  if (allocate !== undefined && !isLoadBalancer)
    yield forbidden('spec.allocateLoadBalancerNodePorts', onlyForLoadBalancers)
  if (isLoadBalancer && allocate === undefined) yield required('allocateLoadBalancerNodePorts')
  yield* validateLoadBalancerClass(service.spec)
}

/** Who provides the load balancer. */
export function* validateLoadBalancerClass({ loadBalancerClass, type }: ServiceSpec): Generator<FieldError> {
  if (loadBalancerClass === undefined) return
  if (type === 'LoadBalancer') yield* validateQualifiedName(loadBalancerClass, 'spec.loadBalancerClass')
  else yield forbidden('spec.loadBalancerClass', onlyForLoadBalancers)
}
