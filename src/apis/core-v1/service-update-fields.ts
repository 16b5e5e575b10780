/**
 * What an update of a service leaves unsaid: allocated values that the client did not send back, linked fields of which
 * it sent one, and fields that the new type does not have. A field that the client changed itself is never touched.
 */
import type { Service, ServiceSpec } from '../generated/core-v1.js'
import { isExternallyAccessible, needsClusterIp, needsHealthCheck, needsNodePort } from './service-facts.js'

const sameList = (a: readonly string[] = [], b: readonly string[] = []) =>
  a.length === b.length && a.every((item, i) => item === b[i])

/** Clients that know only clusterIP mean clusterIPs by it. Without `old` it is a creation. */
export function normalizeClusterIps(spec: ServiceSpec, old: ServiceSpec | undefined): void {
  const { clusterIP = '' } = spec
  if (!old) {
    if (clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [clusterIP]
    return
  }
  const before = old.clusterIP ?? ''
  if (old.clusterIPs?.length && !spec.clusterIPs?.length && before === clusterIP) spec.clusterIPs = [...old.clusterIPs]
  if (before === clusterIP || !sameList(old.clusterIPs, spec.clusterIPs)) return
  if (clusterIP) spec.clusterIPs = [clusterIP]
  else if (before) delete spec.clusterIPs
}

const usedNodePorts = ({ ports = [] }: ServiceSpec) => new Set(ports.flatMap(({ nodePort }) => nodePort || []))

/** Ports keep their node ports by name, unless the client gave these to another port. */
function patchNodePorts(spec: ServiceSpec, old: ServiceSpec): void {
  const now = usedNodePorts(spec)
  const used = new Set([...usedNodePorts(old)].filter(port => now.has(port)))
  const byName = new Map((old.ports ?? []).map(port => [port.name ?? '', port.nodePort]))
  for (const port of spec.ports ?? []) {
    const before = byName.get(port.name ?? '')
    if (port.nodePort || !before || used.has(before)) continue
    port.nodePort = before
  }
}

/** A client that sends what it created, without what was allocated since, keeps the allocations. */
export function patchAllocatedValues(spec: ServiceSpec, old: ServiceSpec): void {
  if (needsClusterIp(old) && needsClusterIp(spec)) {
    if (!spec.clusterIP && old.clusterIP) spec.clusterIP = old.clusterIP
    if (!spec.clusterIPs?.length && old.clusterIPs && spec.clusterIP === old.clusterIP)
      spec.clusterIPs = [...old.clusterIPs]
  }
  if (needsNodePort(old) && needsNodePort(spec)) patchNodePorts(spec, old)
  if (needsHealthCheck(old) && needsHealthCheck(spec) && old.healthCheckNodePort)
    spec.healthCheckNodePort ||= old.healthCheckNodePort
}

function dropClusterIps(spec: ServiceSpec, old: ServiceSpec): void {
  if ((old.clusterIP ?? '') === (spec.clusterIP ?? '') && sameList(old.clusterIPs, spec.clusterIPs)) {
    delete spec.clusterIP
    delete spec.clusterIPs
  }
  if (sameList(old.ipFamilies, spec.ipFamilies)) delete spec.ipFamilies
  if (old.ipFamilyPolicy === spec.ipFamilyPolicy) delete spec.ipFamilyPolicy
}

type Droppable = 'healthCheckNodePort' | 'allocateLoadBalancerNodePorts' | 'loadBalancerClass' | 'externalTrafficPolicy'

const hasField: Record<Droppable, (spec: ServiceSpec) => boolean> = {
  healthCheckNodePort: needsHealthCheck,
  allocateLoadBalancerNodePorts: ({ type }) => type === 'LoadBalancer',
  loadBalancerClass: ({ type }) => type === 'LoadBalancer',
  externalTrafficPolicy: isExternallyAccessible,
}

/** After a change of type, drops what the old type had and the new one has not. */
export function dropTypeDependentFields(service: Service, { spec: old }: Service): void {
  const { spec } = service
  if (needsClusterIp(old) && !needsClusterIp(spec)) dropClusterIps(spec, old)
  const before = usedNodePorts(old)
  if (needsNodePort(old) && !needsNodePort(spec) && [...usedNodePorts(spec)].every(port => before.has(port)))
    for (const port of spec.ports ?? []) delete port.nodePort
  for (const [field, applies] of Object.entries(hasField) as [Droppable, (spec: ServiceSpec) => boolean][])
    if (applies(old) && !applies(spec) && old[field] === spec[field]) delete spec[field]
  if (spec.type !== 'LoadBalancer' && service.status) service.status.loadBalancer = {}
}

/** All of it, in upstream's order. */
export function prepareServiceForUpdate(service: Service, old: Service): void {
  patchAllocatedValues(service.spec, old.spec)
  normalizeClusterIps(service.spec, old.spec)
  dropTypeDependentFields(service, old)
}
