/** Pod templates, as every workload embeds them: defaults, checks and warnings. */

import { type FieldError, forbidden } from '../../machinery/field-error.js'
import { stringifyJson } from '../../machinery/json/stringify.js'
import { validateAnnotations } from '../../machinery/object-meta-validation.js'
import { validateLabels } from '../../machinery/selector/index.js'
import type { PodTemplateSpec } from '../generated/core-v1.js'
import { dropInitContainerAnnotations, validatePodAnnotations, validateProfilesMatch } from './pod-spec/annotations.js'
import { setPodSpecDefaults } from './pod-spec/defaults.js'
import { validatePodSpec } from './pod-spec/validate.js'
import { podSpecWarnings } from './pod-spec/warnings.js'

export { dropDisabledPodFields } from './pod-spec/disabled-fields.js'
export { setPodSpecDefaults, validatePodSpec }

/** An absent template is left alone. */
export function setPodTemplateDefaults(template: PodTemplateSpec | undefined): void {
  if (!template?.spec) return
  setPodSpecDefaults(template.spec)
  dropInitContainerAnnotations(template.metadata)
}

/** `path` is such as `spec.template`; labels and annotations are reported right below it, as upstream does. */
export function* validatePodTemplateMetadata({ metadata, spec }: PodTemplateSpec, path: string): Generator<FieldError> {
  yield* validateLabels(metadata?.labels, `${path}.labels`)
  yield* validateAnnotations(metadata?.annotations, `${path}.annotations`)
  yield* validatePodAnnotations(metadata?.annotations, spec, `${path}.annotations`)
}

/** All of a template; `path` as above. */
export function* validatePodTemplateSpec(template: PodTemplateSpec, path: string): Generator<FieldError> {
  const { metadata, spec } = template
  yield* validatePodTemplateMetadata(template, path)
  yield* validatePodSpec(spec, `${path}.spec`)
  yield* validateProfilesMatch(metadata?.annotations, spec, `${path}.spec`)
  if (spec.ephemeralContainers?.length)
    yield forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')
}

/** Warnings about the template; on update only where it changed. */
export function podTemplateWarnings(
  template: PodTemplateSpec | undefined,
  path: string,
  old?: PodTemplateSpec,
): string[] {
  if (!template || (old && stringifyJson(old) === stringifyJson(template))) return []
  return podSpecWarnings(template, path)
}
