/** Checks of what a pod's status says about its containers and claims. */
import { duplicate, type FieldError, forbidden, invalid, notSupported } from '../../machinery/field-error.js'
import { isDns1123Subdomain } from '../../machinery/names.js'
import type {
  Container,
  ContainerStatus,
  PodResourceClaim,
  PodResourceClaimStatus,
  PodSpec,
  PodStatus,
  ResourceStatus,
} from '../generated/core-v1.js'
import { formatErrors } from '../validation/text.js'
import { validateId } from './pod-spec/security/container-security.js'

/** Each status belongs to a claim of the spec. */
export function* validateResourceClaimStatuses(
  statuses: readonly PodResourceClaimStatus[] | undefined,
  claims: readonly PodResourceClaim[] | undefined,
): Generator<FieldError> {
  const seen = new Set<string>()
  for (const [i, { name, resourceClaimName }] of (statuses ?? []).entries()) {
    const path = `status.resourceClaimStatuses[${i}].name`
    if (!claims?.some(claim => claim.name === name))
      yield invalid(path, name, 'must match the name of an entry in `spec.resourceClaims`')
    if (seen.has(name)) yield duplicate(path, name)
    seen.add(name)
    if (resourceClaimName !== undefined) yield* formatErrors(isDns1123Subdomain, resourceClaimName, path)
  }
}

function* validateUser({ user }: ContainerStatus, os: string, path: string): Generator<FieldError> {
  const linux = user?.linux
  if (!linux) return
  if (os === 'windows') return yield forbidden(`${path}.user.linux`, 'cannot be set for a windows pod')
  if (os !== 'linux') return
  yield* validateId(linux.uid, `${path}.user.linux.uid`)
  yield* validateId(linux.gid, `${path}.user.linux.gid`)
  for (const [i, group] of (linux.supplementalGroups ?? []).entries())
    yield* validateId(group, `${path}.user.linux.supplementalGroups[${i}]`)
}

const healths = ['Healthy', 'Unhealthy', 'Unknown'] as const

function nameProblem(name: string, { resources }: Container): string | undefined {
  if (!name.startsWith('claim:'))
    return resources?.requests && name in resources.requests
      ? undefined
      : "must match one of the container's resource requests"
  const names = (resources?.claims ?? []).map(claim => `claim:${claim.name}${claim.request ? `/${claim.request}` : ''}`)
  return names.includes(name)
    ? undefined
    : "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
}

function* validateHealth({ resources = [] }: ResourceStatus, path: string): Generator<FieldError> {
  const ids = new Set<string>()
  for (const [i, { resourceID, health = '' }] of resources.entries()) {
    const at = `${path}.resources[${i}]`
    if (!healths.includes(health as never)) yield notSupported(`${at}.health`, health, healths)
    if (ids.has(resourceID)) yield duplicate(`${at}.resourceID`, resourceID)
    ids.add(resourceID)
  }
}

function* validateAllocated(
  status: ContainerStatus,
  containers: readonly Container[] | undefined,
  path: string,
): Generator<FieldError> {
  const container = containers?.find(c => c.name === status.name)
  for (const [i, resource] of (status.allocatedResourcesStatus ?? []).entries()) {
    const at = `${path}.allocatedResourcesStatus[${i}]`
    const problem = container && nameProblem(resource.name, container)
    if (problem) yield invalid(`${at}.name`, resource.name, problem)
    yield* validateHealth(resource, at)
  }
}

/** Users, and the health of allocated devices, of every container. */
export function* validateContainerStatuses(status: PodStatus, spec: PodSpec): Generator<FieldError> {
  const os = spec.os?.name ?? 'linux'
  const lists = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const
  for (const list of lists)
    for (const [i, container] of (status[list] ?? []).entries())
      yield* validateUser(container, os, `status.${list}[${i}]`)
  for (const [i, container] of (status.containerStatuses ?? []).entries())
    yield* validateAllocated(container, spec.containers, `status.containerStatuses[${i}]`)
  for (const [i, container] of (status.initContainerStatuses ?? []).entries())
    yield* validateAllocated(container, spec.initContainers, `status.initContainerStatuses[${i}]`)
  for (const [i, { allocatedResourcesStatus }] of (status.ephemeralContainerStatuses ?? []).entries())
    if (allocatedResourcesStatus?.length)
      yield forbidden(
        `status.ephemeralContainerStatuses[${i}].allocatedResourcesStatus`,
        'must not be specified in container status',
      )
}
