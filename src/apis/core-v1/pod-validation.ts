/** Checks of a pod by itself, and of a new one. */
import { type FieldError, forbidden } from '../../machinery/field-error.js'
import type { Pod } from '../generated/core-v1.js'
import { mirrorPodAnnotation, validatePodAnnotations, validateProfilesMatch } from './pod-spec/annotations.js'
import { validateImageOfPod } from './pod-spec/containers.js'
import { validatePodSpec } from './pod-spec/validate.js'

function* validateTokenVolumes({ spec }: Pod): Generator<FieldError> {
  if (spec.serviceAccountName) return
  for (const [i, { projected }] of (spec.volumes ?? []).entries())
    for (const [j, source] of (projected?.sources ?? []).entries())
      if (source.serviceAccountToken)
        yield forbidden(
          `spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`,
          'must not be specified when serviceAccountName is not set',
        )
}

/** Annotations and spec; the rest of the metadata is the registry's business. */
export function* validatePod(pod: Pod): Generator<FieldError> {
  const { metadata, spec } = pod
  yield* validatePodAnnotations(metadata.annotations, spec, 'metadata.annotations')
  yield* validatePodSpec(spec, 'spec', {
    isPod: true,
    isStatic: mirrorPodAnnotation in (metadata.annotations ?? {}),
    ...(metadata.name && { podName: metadata.name }),
  })
  yield* validateTokenVolumes(pod)
  for (const list of ['containers', 'initContainers'] as const)
    for (const [i, container] of (spec[list] ?? []).entries())
      yield* validateImageOfPod(container, `spec.${list}[${i}]`)
}

/** What only a new pod can do wrong. */
export function* validateNewPod({ metadata, spec }: Pod): Generator<FieldError> {
  if (spec.ephemeralContainers?.length) yield forbidden('spec.ephemeralContainers', 'cannot be set on create')
  if (spec.nodeName && spec.schedulingGates?.length)
    yield forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')
  yield* validateProfilesMatch(metadata.annotations, spec, 'spec')
}
