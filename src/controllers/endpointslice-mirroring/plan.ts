/** The slices that say what an Endpoints object says, for services whose endpoints someone else writes. Pure. */
import type { EndpointAddress, Endpoints } from '../../apis/generated/core-v1.js'
import type { Endpoint, EndpointPort, EndpointSlice } from '../../apis/generated/discovery-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import { formatIp, parseIp } from '../../machinery/ip.js'
import { canonicalJson } from '../runtime/fnv.js'
import { repackSubsets } from '../services/subsets.js'

export const managedBy = 'endpointslicemirroring-controller.k8s.io'
const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
const serviceNameLabel = 'kubernetes.io/service-name'
const skipLabel = 'endpointslice.kubernetes.io/skip-mirror'
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader'
/** Upstream's --mirroring-max-endpoints-per-subset. */
const maxPerSubset = 1000

export const isMirror = ({ metadata }: EndpointSlice): boolean => metadata.labels?.[managedByLabel] === managedBy
export const serviceKeyOf = ({ metadata }: EndpointSlice): string =>
  `${metadata.namespace}/${metadata.labels?.[serviceNameLabel] ?? ''}`

export const shouldMirror = ({ metadata }: Endpoints): boolean =>
  metadata.labels?.[skipLabel] !== 'true' && metadata.annotations?.[leaderAnnotation] === undefined

interface Content {
  addressType: 'IPv4' | 'IPv6'
  ports: EndpointPort[]
  endpoints: Endpoint[]
}

export interface MirrorPlan {
  create: EndpointSlice[]
  update: EndpointSlice[]
  remove: EndpointSlice[]
  /** Addresses left out: no addresses at all, or too many. */
  invalid: number
  skipped: number
}

const idOf = ({ addressType, ports }: Pick<EndpointSlice, 'addressType' | 'ports'>) =>
  `${addressType} ${(ports ?? []).map(canonicalJson).sort().join()}`

function toEndpoint(
  address: EndpointAddress,
  ready: boolean,
): { family: 'IPv4' | 'IPv6'; endpoint: Endpoint } | undefined {
  const ip = parseIp(address.ip)
  if (!ip) return undefined
  return {
    family: ip.family === 6 ? 'IPv6' : 'IPv4',
    endpoint: {
      addresses: [formatIp(ip)],
      conditions: { ready },
      ...(address.targetRef && { targetRef: address.targetRef }),
      ...(address.nodeName && { nodeName: address.nodeName }),
      ...(address.hostname && { hostname: address.hostname }),
    },
  }
}

function wantedContents({ subsets = [] }: Endpoints): {
  contents: Map<string, Content>
  invalid: number
  skipped: number
} {
  const contents = new Map<string, Content>()
  let invalid = 0
  let skipped = 0
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of repackSubsets(subsets)) {
    const slicePorts = ports.map(p => ({ ...p, name: p.name ?? '', protocol: p.protocol ?? 'TCP' }))
    const all = [...addresses.map(a => toEndpoint(a, true)), ...notReadyAddresses.map(a => toEndpoint(a, false))]
    const valid = all.filter(e => e !== undefined)
    invalid += all.length - valid.length
    skipped += Math.max(0, valid.length - maxPerSubset)
    for (const { family, endpoint } of valid.slice(0, maxPerSubset)) {
      const key = idOf({ addressType: family, ports: slicePorts })
      const content = contents.get(key) ?? { addressType: family, ports: slicePorts, endpoints: [] }
      content.endpoints.push(endpoint)
      contents.set(key, content)
    }
  }
  return { contents, invalid, skipped }
}

/** `metadata` is what every slice of these endpoints carries beside its name. */
export function planMirror(
  endpoints: Endpoints,
  existing: readonly EndpointSlice[],
  metadata: EndpointSlice['metadata'],
): MirrorPlan {
  const { contents, invalid, skipped } = wantedContents(endpoints)
  const plan: MirrorPlan = { create: [], update: [], remove: [], invalid, skipped }
  const spare = existing.filter(slice => !contents.has(idOf(slice)))
  for (const [key, content] of contents) {
    const [slice, ...doubles] = existing.filter(s => idOf(s) === key)
    plan.remove.push(...doubles)
    // A slice of other ports is rather changed than replaced; its address type cannot change.
    const reused = slice ?? spare.find(s => s.addressType === content.addressType)
    if (reused && reused !== slice) spare.splice(spare.indexOf(reused), 1)
    const wanted = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', ...content }
    if (!reused) plan.create.push({ ...wanted, metadata: { ...metadata, generateName: `${endpoints.metadata.name}-` } })
    else if (!isSame(reused, content, metadata))
      plan.update.push({ ...wanted, metadata: { ...reused.metadata, ...metadata } })
  }
  plan.remove.push(...spare)
  return plan
}

const isSame = (slice: EndpointSlice, content: Content, metadata: EndpointSlice['metadata']): boolean =>
  idOf(slice) === idOf(content) &&
  semanticEqual(sorted(slice.endpoints ?? []), sorted(content.endpoints)) &&
  semanticEqual(slice.metadata.labels, metadata.labels) &&
  semanticEqual(
    Object.entries(slice.metadata.annotations ?? {}).sort(),
    Object.entries(metadata.annotations ?? {}).sort(),
  )

const sorted = (endpoints: readonly Endpoint[]) => endpoints.map(canonicalJson).sort()

/** Labels and annotations of a mirror: those of the endpoints, and whose it is. */
export function mirrorMetadata({ metadata }: Endpoints): EndpointSlice['metadata'] {
  const {
    'endpoints.kubernetes.io/last-change-trigger-time': _,
    'kubectl.kubernetes.io/last-applied-configuration': __,
    ...annotations
  } = metadata.annotations ?? {}
  return {
    namespace: metadata.namespace,
    labels: { ...metadata.labels, [serviceNameLabel]: metadata.name ?? '', [managedByLabel]: managedBy },
    ...(Object.keys(annotations).length > 0 && { annotations }),
  }
}
