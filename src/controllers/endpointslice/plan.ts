/** Spreading the endpoints of a service over slices with as few writes as possible. Pure. */
import { isPodReady } from '../../apis/core-v1/pod-status.js'
import type { Node, Pod, Service } from '../../apis/generated/core-v1.js'
import type { Endpoint, EndpointPort, EndpointSlice } from '../../apis/generated/discovery-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import type { IpFamily } from '../../machinery/ip-family.js'
import { canonicalJson } from '../runtime/fnv.js'
import { groupBy } from '../runtime/group-by.js'
import { addressesOf, canServe, hostnameOf, isHeadless, targetPort } from '../services/members.js'

/** Upstream's --max-endpoints-per-slice. */
export const maxEndpointsPerSlice = 100

/** Endpoints that offer the same ports. */
export interface PortGroup {
  ports: EndpointPort[]
  endpoints: Endpoint[]
}

export interface SlicePlan {
  create: { ports: EndpointPort[]; endpoints: Endpoint[] }[]
  update: { slice: EndpointSlice; endpoints: Endpoint[] }[]
  remove: EndpointSlice[]
}

const portsKey = (ports: readonly EndpointPort[] | null | undefined) => (ports ?? []).map(canonicalJson).sort().join()
const endpointKey = ({ addresses, targetRef }: Endpoint) => `${[...addresses].sort().join()}|${targetRef?.uid ?? ''}`

function hintsFor(service: Service, { zone, nodeName, conditions }: Endpoint): Endpoint['hints'] {
  const distribution = service.spec?.trafficDistribution
  const close = ['PreferClose', 'PreferSameZone', 'PreferSameNode'].includes(distribution ?? '')
  if (!close || !conditions?.ready) return undefined
  const hints = {
    ...(zone && { forZones: [{ name: zone }] }),
    ...(nodeName && distribution === 'PreferSameNode' && { forNodes: [{ name: nodeName }] }),
  }
  return Object.keys(hints).length > 0 ? hints : undefined
}

function toEndpoint(
  pod: Pod,
  node: Node | undefined,
  { service, family }: { service: Service; family: IpFamily },
): Endpoint {
  const { namespace, name, uid, deletionTimestamp } = pod.metadata
  const serving = isPodReady(pod)
  const terminating = deletionTimestamp !== undefined
  const zone = node?.metadata.labels?.['topology.kubernetes.io/zone']
  const hostname = hostnameOf(pod, service)
  const endpoint: Endpoint = {
    addresses: addressesOf(pod, family),
    conditions: {
      ready: service.spec?.publishNotReadyAddresses === true || (serving && !terminating),
      serving,
      terminating,
    },
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
    ...(zone && { zone }),
    ...(hostname && { hostname }),
  }
  const hints = hintsFor(service, endpoint)
  return hints ? { ...endpoint, hints } : endpoint
}

function portsOf(pod: Pod, service: Service): EndpointPort[] {
  const ports = service.spec?.ports ?? []
  if (ports.length === 0 && isHeadless(service)) return []
  return ports.flatMap(port => {
    const number = targetPort(pod, port)
    if (number === undefined) return []
    return {
      name: port.name ?? '',
      port: number,
      protocol: port.protocol ?? 'TCP',
      ...(port.appProtocol && { appProtocol: port.appProtocol }),
    }
  })
}

/** The endpoints there should be. A pod whose node is unknown is left out, unless the service publishes all. */
export function planEndpoints(
  { service, family }: { service: Service; family: IpFamily },
  pods: readonly Pod[],
  nodeOf: (name: string) => Node | undefined,
): { groups: PortGroup[]; skipped: Pod[] } {
  const groups = new Map<string, PortGroup>()
  const skipped: Pod[] = []
  for (const pod of pods.filter(p => canServe(p, true))) {
    const ports = portsOf(pod, service)
    const group = groups.get(portsKey(ports)) ?? { ports, endpoints: [] }
    groups.set(portsKey(ports), group)
    const node = pod.spec.nodeName ? nodeOf(pod.spec.nodeName) : undefined
    if (!node && !service.spec?.publishNotReadyAddresses) {
      skipped.push(pod)
      continue
    }
    const endpoint = toEndpoint(pod, node, { service, family })
    if (endpoint.addresses.length > 0) group.endpoints.push(endpoint)
  }
  return { groups: [...groups.values()], skipped }
}

/** Writes that turn the slices of one family into the groups wanted; with none wanted, one empty slice stays. */
export function planSlices(existing: readonly EndpointSlice[], groups: readonly PortGroup[]): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], remove: [] }
  const byPorts = groupBy(existing, slice => portsKey(slice.ports))
  for (const group of groups) {
    const key = portsKey(group.ports)
    planGroup(byPorts.get(key) ?? [], group, plan)
    byPorts.delete(key)
  }
  for (const slices of byPorts.values()) plan.remove.push(...slices)
  if (plan.create.length === 0 && plan.remove.length === existing.length) keepPlaceholder(plan)
  return plan
}

function keepPlaceholder(plan: SlicePlan): void {
  const empty = plan.remove.find(slice => (slice.endpoints ?? []).length === 0 && (slice.ports ?? []).length === 0)
  if (empty) plan.remove = plan.remove.filter(slice => slice !== empty)
  else plan.create.push({ ports: [], endpoints: [] })
}

/** Slices keep the endpoints they have; new ones go first into slices that change anyway, then into one that they fit in. */
function planGroup(slices: readonly EndpointSlice[], { ports, endpoints }: PortGroup, plan: SlicePlan): void {
  const wanted = new Map(endpoints.map(e => [endpointKey(e), e]))
  const kept = new Map<EndpointSlice, Endpoint[]>()
  const changed = new Set<EndpointSlice>()
  for (const slice of slices) {
    const staying = (slice.endpoints ?? []).flatMap(old => {
      const now = wanted.get(endpointKey(old))
      wanted.delete(endpointKey(old))
      if (!now || !semanticEqual(now, old)) changed.add(slice)
      return now ?? []
    })
    kept.set(slice, staying)
  }
  const added = [...wanted.values()]
  for (const slice of changed) {
    const content = kept.get(slice) ?? []
    content.push(...added.splice(0, Math.max(0, maxEndpointsPerSlice - content.length)))
  }
  if (added.length > 0 && added.length < maxEndpointsPerSlice) {
    const roomy = slices
      .filter(s => !changed.has(s))
      .find(s => (kept.get(s)?.length ?? 0) + added.length <= maxEndpointsPerSlice)
    if (roomy) {
      kept.get(roomy)?.push(...added.splice(0))
      changed.add(roomy)
    }
  }
  for (const slice of changed) {
    const content = kept.get(slice) ?? []
    if (content.length === 0) plan.remove.push(slice)
    else plan.update.push({ slice, endpoints: content })
  }
  while (added.length > 0) plan.create.push({ ports, endpoints: added.splice(0, maxEndpointsPerSlice) })
}
