/** Checks of what a pod's status says about its containers and claims. */
import { duplicate, type FieldError, forbidden, invalid } from '../../machinery/field-error.js'
import { isDns1123Subdomain } from '../../machinery/names.js'
import type {
  ContainerStatus,
  PodResourceClaim,
  PodResourceClaimStatus,
  PodSpec,
  PodStatus,
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

/** Users of every container. */
export function* validateContainerStatuses(status: PodStatus, spec: PodSpec): Generator<FieldError> {
  const os = spec.os?.name ?? 'linux'
  const lists = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const
  for (const list of lists)
    for (const [i, container] of (status[list] ?? []).entries())
      yield* validateUser(container, os, `status.${list}[${i}]`)
}
