/** What a claim's status says of the devices it was given. */
import type { NodeSelector, NodeSelectorRequirement } from '../../apis/generated/core-v1.js'
import type {
  AllocationResult,
  DeviceAllocationConfiguration,
  ResourceClaim,
} from '../../apis/generated/resource-v1.js'
import type { PooledDevice } from './pools.js'
import type { Alternative } from './requests.js'

/** A device for one of a claim's requests, and as which of its alternatives. */
export interface Picked {
  alternative: Alternative
  device: PooledDevice
}

/** Settings of the classes first, once each, then the claim's. */
function configOf({ spec }: ResourceClaim, picked: readonly Picked[]): DeviceAllocationConfiguration[] {
  const { requests, config = [] } = spec.devices ?? {}
  const chosen = new Map(picked.map(({ alternative }) => [alternative.request, alternative]))
  const ofClasses = new Map<string, DeviceAllocationConfiguration[]>()
  for (const { name, class: found } of chosen.values()) {
    const known = ofClasses.get(found.metadata.name ?? '')
    if (known) for (const each of known) each.requests?.push(name)
    else
      ofClasses.set(
        found.metadata.name ?? '',
        (found.spec.config ?? []).map(each => ({ ...each, source: 'FromClass', requests: [name] })),
      )
  }
  const ofClaim = config.flatMap(each => {
    const own: DeviceAllocationConfiguration = { ...each, source: 'FromClaim' }
    if (!each.requests?.length) return [own]
    return (requests ?? []).flatMap(({ name }) => {
      const applies = each.requests?.includes(name) || each.requests?.includes(chosen.get(name)?.name ?? name)
      return applies ? [own] : []
    })
  })
  return [...[...ofClasses.values()].flat(), ...ofClaim]
}

function addMissing(to: NodeSelectorRequirement[], from: readonly NodeSelectorRequirement[] = []): void {
  for (const requirement of from)
    if (!to.some(known => JSON.stringify(known) === JSON.stringify(requirement))) to.push(requirement)
}

/** Undefined where the devices can be reached from everywhere. */
function nodesOf(picked: readonly Picked[]): NodeSelector | undefined {
  const [matchFields, matchExpressions]: [NodeSelectorRequirement[], NodeSelectorRequirement[]] = [[], []]
  for (const { device } of picked) {
    const { nodeName, nodeSelector } = device.slice.spec
    if (nodeName) {
      const requirement = { key: 'metadata.name', operator: 'In', values: [nodeName] }
      return { nodeSelectorTerms: [{ matchFields: [requirement] }] }
    }
    addMissing(matchFields, nodeSelector?.nodeSelectorTerms?.[0]?.matchFields)
    addMissing(matchExpressions, nodeSelector?.nodeSelectorTerms?.[0]?.matchExpressions)
  }
  if (!matchFields.length && !matchExpressions.length) return undefined
  const term = {
    ...(matchFields.length && { matchFields }),
    ...(matchExpressions.length && { matchExpressions }),
  }
  return { nodeSelectorTerms: [term] }
}

export function resultOf(claim: ResourceClaim, picked: readonly Picked[]): AllocationResult {
  const config = configOf(claim, picked)
  const nodeSelector = nodesOf(picked)
  const results = picked.map(({ alternative: { name, adminAccess }, device: { device, slice } }) => ({
    ...{ request: name, driver: slice.spec.driver, pool: slice.spec.pool.name, device: device.name },
    ...(adminAccess && { adminAccess }),
  }))
  return { devices: { results, ...(config.length && { config }) }, ...(nodeSelector && { nodeSelector }) }
}
