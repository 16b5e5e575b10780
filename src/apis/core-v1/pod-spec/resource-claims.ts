/** Checks of dynamic resource claims: the pod's, and the containers' references to them. */
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notFoundValue,
  required,
} from '../../../machinery/field-error.js'
import type { PodResourceClaim, ResourceClaim } from '../../generated/core-v1.js'
import { validateDnsLabel, validateDnsSubdomain } from '../../validation/text.js'
import { wholeObject } from '../../validation/whole-object.js'

function* validateClaimSource(claim: PodResourceClaim, path: string): Generator<FieldError> {
  const { resourceClaimName: name, resourceClaimTemplateName: template } = claim
  // Upstream prints the struct of its internal version.
  const value = { Name: claim.name ?? '', ResourceClaimName: name ?? null, ResourceClaimTemplateName: template ?? null }
  if (name !== undefined && template !== undefined)
    yield invalid(path, value, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified')
  if (name === undefined && template === undefined)
    yield invalid(path, value, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`')
  if (name !== undefined) yield* validateDnsSubdomain(name, `${path}.resourceClaimName`)
  if (template !== undefined) yield* validateDnsSubdomain(template, `${path}.resourceClaimTemplateName`)
}

/** spec.resourceClaims; a static pod, which only its node knows, has none. */
export function* validatePodResourceClaims(
  claims: readonly PodResourceClaim[] | undefined,
  isStatic: boolean,
  path: string,
): Generator<FieldError> {
  if (isStatic) {
    if (claims?.length) yield forbidden(wholeObject, 'static pods do not support resource claims')
    return
  }
  const names = new Set<string>()
  for (const [i, claim] of (claims ?? []).entries()) {
    const at = `${path}[${i}]`
    if (!claim.name) yield required(`${at}.name`)
    else if (names.has(claim.name)) yield duplicate(`${at}.name`, claim.name)
    else yield* validateDnsLabel(claim.name, `${at}.name`)
    if (claim.name) names.add(claim.name)
    yield* validateClaimSource(claim, at)
  }
}

function* validateUnique(claim: ResourceClaim, seen: Set<string>, path: string): Generator<FieldError> {
  const { name, request } = claim
  if (seen.has(name)) {
    yield duplicate(path, name)
    return
  }
  if (request) yield* validateDnsLabel(request, `${path}.request`)
  const key = request ? `${name}/${request}` : name
  if (seen.has(key)) yield duplicate(path, key)
  else if (!request) for (const other of seen) if (other.startsWith(`${name}/`)) yield duplicate(path, name)
  seen.add(key)
}

/** A container's resources.claims; `podClaims` are the names in spec.resourceClaims. */
export function* validateResourceClaims(
  claims: readonly ResourceClaim[] | undefined,
  podClaims: ReadonlySet<string>,
  path: string,
): Generator<FieldError> {
  const seen = new Set<string>()
  for (const [i, claim] of (claims ?? []).entries()) {
    const at = `${path}[${i}]`
    if (!claim.name) {
      yield required(at)
      continue
    }
    yield* validateUnique(claim, seen, at)
    if (podClaims.has(claim.name)) continue
    const known = podClaims.size ? `: ${[...podClaims].sort().join(', ')}` : ' which is empty'
    const { message, ...error } = notFoundValue(at, claim.name)
    yield { ...error, message: `${message}: must be one of the names in pod.spec.resourceClaims${known}` }
  }
}
