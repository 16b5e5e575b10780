/** The labels and the selector by which a Job finds its pods: generated from its uid unless the user asks to choose. */
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import { matchesNothingOf } from '../apps-v1/workload.js'
import type { Job } from '../generated/batch-v1.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { sortedMap, sortedSelector } from '../validation/sorted-map.js'

const controllerUid = 'batch.kubernetes.io/controller-uid'
const jobName = 'batch.kubernetes.io/job-name'
const legacyControllerUid = 'controller-uid'
const legacyJobName = 'job-name'

/** Needs metadata.uid. Labels that the user set stay: validation refuses them if they contradict. */
export function generateSelector({ metadata, spec }: Job): void {
  const { name = '', uid = '' } = metadata
  spec.template.metadata ??= {}
  const labels = (spec.template.metadata.labels ??= {})
  const isCopy = metadata.labels !== undefined && semanticEqual(metadata.labels, labels)
  for (const key of [legacyJobName, jobName]) labels[key] ??= name
  for (const key of [legacyControllerUid, controllerUid]) labels[key] ??= uid
  // Upstream's two maps are one then.
  if (isCopy) metadata.labels = { ...labels }
  spec.selector ??= {}
  spec.selector.matchLabels ??= {}
  spec.selector.matchLabels[controllerUid] ??= uid
}

/** A job without labels of its own gets its template's. */
export function copyTemplateLabels({ metadata, spec }: Job): void {
  const labels = spec.template.metadata?.labels
  if (labels && !Object.keys(metadata.labels ?? {}).length) metadata.labels = { ...labels }
}

/** What a generated selector promises: the template carries the job's own uid and name. */
export function* validateGeneratedSelector({ metadata, spec }: Job): Generator<FieldError> {
  if (spec.manualSelector || !spec.selector) return
  if (!metadata.uid) yield required('metadata.uid')
  const expected: Record<string, string> = {
    [legacyControllerUid]: metadata.uid ?? '',
    [legacyJobName]: metadata.name ?? '',
    [controllerUid]: metadata.uid ?? '',
    [jobName]: metadata.name ?? '',
  }
  const labels = spec.template.metadata?.labels ?? {}
  for (const [key, value] of Object.entries(expected)) {
    const path = `spec.template.metadata.labels[${key}]`
    if (labels[key] === undefined) yield required(path, `must be '${value}'`)
    else if (labels[key] !== value) yield invalid(path, sortedMap(labels), `must be '${value}'`)
  }
  if (matchesNothingOf(spec.selector, expected))
    yield invalid('spec.selector', sortedSelector(spec.selector), '`selector` not auto-generated')
}
