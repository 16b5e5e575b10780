/** DynamicResources: pods go where the devices that they claim are or can be had, and get them. */
import { matchesNodeSelector } from '../../apis/core-v1/node-selector.js'
import type { Node, Pod } from '../../apis/generated/core-v1.js'
import type { AllocationResult, ResourceClaim } from '../../apis/generated/resource-v1.js'
import { claimNameOf, notMadeFor } from '../../apis/resource-v1/pod-claims.js'
import { allocate } from '../devices/allocate.js'
import type { Devices, Plugin, Refusal, Rejection, VolumeChange } from '../framework.js'

const rejection = (reason: string): Rejection => ({ reasons: [reason], unresolvable: true })

/** The pod's claims, in the order of its spec; why they cannot be used where one cannot. */
function claimsOf(pod: Pod, devices: Devices): ResourceClaim[] | Refusal {
  const { namespace = '', name: podName } = pod.metadata
  const claims: ResourceClaim[] = []
  for (const entry of pod.spec.resourceClaims ?? []) {
    const found = claimNameOf(pod, entry)
    if (found === 'none') continue
    if (found === 'pending') return { refused: `pod "${namespace}/${podName}": ResourceClaim not created yet` }
    const claim = devices.claim(namespace, found.name)
    const quoted = JSON.stringify(found.name)
    if (!claim) return { refused: `resourceclaim.resource.k8s.io ${quoted} not found` }
    if (claim.metadata.deletionTimestamp) return { refused: `resourceclaim ${quoted} is being deleted` }
    const problem = found.generated ? notMadeFor(pod, claim) : undefined
    if (problem) return { refused: problem }
    claims.push(claim)
  }
  return claims
}

/** Why a claim cannot be allocated now, wherever. */
function problemOf(claim: ResourceClaim, devices: Devices): string | undefined {
  if (claim.status?.allocation) return undefined
  const { namespace, name } = claim.metadata
  if (devices.isPending(claim)) return `resource claim ${namespace}/${name} is in the process of being allocated`
  for (const { name: request, exactly, firstAvailable = [] } of claim.spec.devices?.requests ?? []) {
    const wanted = exactly
      ? [[request, exactly.deviceClassName] as const]
      : firstAvailable.map(each => [`${request}/${each.name}`, each.deviceClassName] as const)
    const missing = wanted.find(([, className]) => !devices.deviceClass(className))
    if (missing) return `request ${missing[0]}: device class ${missing[1]} does not exist`
  }
  return undefined
}

const isUnallocated = ({ status }: ResourceClaim) => !status?.allocation

function isWithinReach(claims: readonly ResourceClaim[], node: Node): boolean {
  return claims.every(({ status }) => {
    const { nodeSelector } = status?.allocation ?? {}
    return !nodeSelector || matchesNodeSelector(nodeSelector, node)
  })
}

const inventory = (devices: Devices) => ({
  slices: devices.slices(),
  deviceClass: devices.deviceClass,
  taken: devices.taken(),
})

/** Upstream's queueing hints. */
function mayHelp(pod: Pod, { resource, change, object, old }: VolumeChange): boolean {
  if (change === 'Delete') return false
  if (resource === 'DeviceClass' || resource === 'ResourceSlice') return true
  if (resource !== 'ResourceClaim') return false
  const [claim, before] = [object as ResourceClaim, old as ResourceClaim | undefined]
  // Devices came free.
  if (before?.status?.allocation && !claim.status?.allocation) return true
  const uses = (pod.spec.resourceClaims ?? []).some(entry => {
    const found = claimNameOf(pod, entry)
    return typeof found !== 'string' && found.name === claim.metadata.name
  })
  if (!uses || claim.metadata.namespace !== pod.metadata.namespace) return false
  return !before || JSON.stringify(before.status) !== JSON.stringify(claim.status)
}

/** Before its claims are made nobody needs to look at a pod. */
export const waitsForClaims = (pod: Pod, devices: Devices | undefined): boolean =>
  Boolean(pod.spec.resourceClaims?.length && devices) &&
  (!devices?.isReady || 'refused' in claimsOf(pod, devices as Devices))

export const dynamicResources: Plugin = {
  name: 'DynamicResources',
  filter({ pod }, { devices }) {
    if (!pod.spec.resourceClaims?.length || !devices) return undefined
    const claims = claimsOf(pod, devices)
    if ('refused' in claims) return claims
    const problem = claims.map(claim => problemOf(claim, devices)).find(Boolean)
    if (problem) return { refused: problem }
    const open = claims.filter(isUnallocated)
    const held = open.length ? inventory(devices) : undefined
    return {
      check({ node }) {
        if (held && !allocate(open, node, held)) return rejection('cannot allocate all claims')
        return isWithinReach(claims, node) ? undefined : rejection('resourceclaim not available on the node')
      },
    }
  },
  reserve({ pod }, { devices }, { node }) {
    if (!pod.spec.resourceClaims?.length || !devices) return undefined
    const claims = claimsOf(pod, devices)
    if ('refused' in claims) throw new Error(claims.refused)
    const open = claims.filter(isUnallocated)
    const allocations: AllocationResult[] | undefined = open.length ? allocate(open, node, inventory(devices)) : []
    if (!allocations) throw new Error('claim allocation not found for node')
    const kept = claims.map(claim => {
      const allocation = allocations[open.indexOf(claim)]
      return { claim, ...(allocation && { allocation }) }
    })
    return kept.length ? devices.reserve(pod, kept) : undefined
  },
  mayHelp({ pod }, event) {
    if (event.type === 'NodeAdd' || event.type === 'NodeUpdate') return true
    return event.type === 'VolumeChange' && mayHelp(pod, event)
  },
}
