/** What of a Job's spec may change once it exists. */
import { type FieldError, invalid } from '../../machinery/field-error.js'
import { internalForm } from '../core-v1/internal-form.js'
import type { Job, JobSpec } from '../generated/batch-v1.js'
import type { Affinity, PodTemplateSpec } from '../generated/core-v1.js'
import { immutableField } from '../validation/immutable.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { sortedMap } from '../validation/sorted-map.js'

const immutable = ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const
/** Those that are printed as upstream's internal types. */
const internalTypes = { podFailurePolicy: 'PodFailurePolicy', successPolicy: 'SuccessPolicy' }

export function* validateJobSpecUpdate({ spec }: Job, old: Job): Generator<FieldError> {
  yield* validateCompletions(spec, old.spec)
  yield* immutableField(spec.selector, old.spec.selector, 'spec.selector')
  // A job that has not started yet may still be steered to other nodes.
  const steerable = old.spec.suspend === true && !old.status?.startTime
  const template = steerable ? withSchedulingOf(old.spec.template, spec.template) : old.spec.template
  if (!semanticEqual(spec.template, template))
    yield invalid('spec.template', goForm(spec.template), 'field is immutable')
  for (const field of immutable) {
    const value = spec[field]
    const isPolicy = field === 'podFailurePolicy' || field === 'successPolicy'
    if (isPolicy && value && !semanticEqual(value, old.spec[field]))
      yield invalid(`spec.${field}`, internalForm(internalTypes[field], value as object), 'field is immutable')
    else yield* immutableField(value, old.spec[field], `spec.${field}`)
  }
}

/** As upstream's messages print it: metadata inlined, the spec in its internal form. */
const goForm = ({ metadata, spec }: PodTemplateSpec) => ({
  ...metadata,
  ...(metadata?.labels && { labels: sortedMap(metadata.labels) }),
  ...(metadata?.annotations && { annotations: sortedMap(metadata.annotations) }),
  Spec: internalForm('PodSpec', spec),
})

function* validateCompletions(spec: JobSpec, old: JobSpec): Generator<FieldError> {
  if (spec.completionMode !== 'Indexed') {
    yield* immutableField(spec.completions, old.completions, 'spec.completions')
    return
  }
  if (spec.completions === undefined || semanticEqual(spec.completions, old.completions)) return
  if (spec.completions !== spec.parallelism)
    yield invalid('spec.completions', spec.completions, 'can only be modified in tandem with spec.parallelism')
}

function affinityWithNodeOf(old: Affinity | undefined, wanted: Affinity | undefined): Affinity | undefined {
  const { nodeAffinity: _, ...others } = old ?? {}
  if (wanted) return wanted.nodeAffinity ? { ...others, nodeAffinity: wanted.nodeAffinity } : others
  return Object.keys(others).length ? others : undefined
}

/** The old template with the new one's scheduling directives: what is left of a difference is forbidden. */
function withSchedulingOf(old: PodTemplateSpec, wanted: PodTemplateSpec): PodTemplateSpec {
  if (!old.spec || !wanted.spec) return old
  const { nodeSelector, tolerations, schedulingGates } = wanted.spec
  const { annotations, labels } = wanted.metadata ?? {}
  const affinity = affinityWithNodeOf(old.spec.affinity, wanted.spec.affinity)
  return {
    metadata: { ...old.metadata, annotations, labels },
    spec: { ...old.spec, affinity, nodeSelector, tolerations, schedulingGates },
  }
}
