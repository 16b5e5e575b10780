/** The `ephemeralcontainers` subresource of pods: containers for debugging may be added, never changed. */
import { type FieldError, forbidden } from '../../machinery/field-error.js'
import type { Pod } from '../generated/core-v1.js'
import { wholeObject } from '../validation/whole-object.js'
import { internalDiff, semanticEqual } from './internal-form.js'
import { mirrorPodAnnotation, validatePodAnnotationsUpdate } from './pod-spec/annotations.js'
import { validatePod } from './pod-validation.js'

/** Errors of an update; all but spec.ephemeralContainers is already as stored. */
export function* validateEphemeralContainersUpdate(pod: Pod, old: Pod): Generator<FieldError> {
  if (old.metadata.annotations && mirrorPodAnnotation in old.metadata.annotations)
    return yield forbidden(wholeObject, 'static pods do not support ephemeral containers')
  yield* validatePod(pod)
  yield* validatePodAnnotationsUpdate(pod.metadata.annotations, old.metadata.annotations, 'metadata.annotations')
  for (const before of old.spec.ephemeralContainers ?? []) {
    const now = pod.spec.ephemeralContainers?.findLast(container => container.name === before.name)
    const name = JSON.stringify(before.name)
    const path = 'spec.ephemeralContainers'
    if (!now) yield forbidden(path, `existing ephemeral containers ${name} may not be removed\n`)
    else if (!semanticEqual('EphemeralContainer', before, now)) {
      const diff = internalDiff('EphemeralContainer', before, now)
      yield forbidden(path, `existing ephemeral containers ${name} may not be changed\n${diff}`)
    }
  }
}
