/** What may change in a pod that exists: images, the deadline, more tolerations, fewer gates. */
import { type FieldError, forbidden, invalid, required } from '../../machinery/field-error.js'
import { sharingGivenEmpty } from '../../machinery/schema/given-empty.js'
import type { Container, Pod, PodSchedulingGate, PodSpec } from '../generated/core-v1.js'
import { internalDiff, semanticEqual } from './internal-form.js'
import { validatePodAnnotationsUpdate } from './pod-spec/annotations.js'
import { validateOnlyAddedTolerations } from './pod-spec/tolerations.js'
import { maskGatedChanges } from './pod-update-gated.js'

const maxInt32 = 2 ** 31 - 1

const updatableFields = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',')

function* validateImages(containers: readonly Container[], path: string): Generator<FieldError> {
  for (const [i, { image = '' }] of containers.entries()) {
    if (!image) yield required(`${path}[${i}].image`)
    if (image !== image.trim())
      yield invalid(`${path}[${i}].image`, image, 'must not have leading or trailing whitespace')
  }
}

/** It may be set once, and lowered after. */
function deadlineError(now: number | undefined, before: number | undefined): FieldError | undefined {
  const path = 'spec.activeDeadlineSeconds'
  if (now === undefined)
    return before === undefined
      ? undefined
      : invalid(path, null, 'must not update from a positive integer to nil value')
  if (now < 0 || now > maxInt32) return invalid(path, now, `must be between 0 and ${maxInt32}, inclusive`)
  return before !== undefined && before < now
    ? invalid(path, now, 'must be less than or equal to previous value')
    : undefined
}

function* validateOnlyDeletedGates(
  gates: readonly PodSchedulingGate[] | undefined,
  old: readonly PodSchedulingGate[] | undefined,
): Generator<FieldError> {
  const known = new Set(old?.map(gate => gate.name))
  for (const [i, { name }] of (gates ?? []).entries())
    if (!known.has(name))
      yield forbidden(
        `spec.schedulingGates[${i}].name`,
        `only deletion is allowed, but found new scheduling gate '${name}'`,
      )
}

function restore<K extends keyof PodSpec>(spec: PodSpec, old: PodSpec, field: K): void {
  if (old[field] === undefined) delete spec[field]
  else spec[field] = old[field]
}

const withImageOf = (container: Container, old: Container | undefined): Container => {
  const copy = sharingGivenEmpty(container, { ...container })
  if (old?.image === undefined) delete copy.image
  else copy.image = old.image
  return copy
}

/** The new spec with everything that may change put back: what still differs may not. What did not change is shared. */
function maskAllowedChanges(spec: PodSpec, old: PodSpec): PodSpec {
  const masked = sharingGivenEmpty(spec, { ...spec })
  for (const list of ['containers', 'initContainers'] as const)
    if (spec[list]) masked[list] = spec[list].map((container, i) => withImageOf(container, old[list]?.[i]))
  for (const field of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations'] as const) restore(masked, old, field)
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && masked.terminationGracePeriodSeconds === 1)
    restore(masked, old, 'terminationGracePeriodSeconds')
  return masked
}

function* validateSpecUpdate(spec: PodSpec, old: PodSpec): Generator<FieldError> {
  for (const list of ['containers', 'initContainers'] as const) {
    const containers = spec[list] ?? []
    if (containers.length !== (old[list] ?? []).length)
      return yield forbidden(`spec.${list}`, 'pod updates may not add or remove containers')
    yield* validateImages(containers, `spec.${list}`)
  }
  const error = deadlineError(spec.activeDeadlineSeconds, old.activeDeadlineSeconds)
  if (error) yield error
  if (error && spec.activeDeadlineSeconds !== undefined) return
  yield* validateOnlyAddedTolerations(spec.tolerations, old.tolerations, 'spec.tolerations')
  yield* validateOnlyDeletedGates(spec.schedulingGates, old.schedulingGates)
  const masked = maskAllowedChanges(spec, old)
  if (old.schedulingGates?.length) yield* maskGatedChanges(masked, old)
  if (semanticEqual('PodSpec', masked, old)) return
  const diff = internalDiff('PodSpec', old, masked)
  yield forbidden('spec', `pod updates may not change fields other than ${updatableFields}\n${diff}`)
}

/** Errors of a plain update. */
export function* validatePodUpdate(pod: Pod, old: Pod): Generator<FieldError> {
  yield* validatePodAnnotationsUpdate(pod.metadata.annotations, old.metadata.annotations, 'metadata.annotations')
  yield* validateSpecUpdate(pod.spec, old.spec)
}
