/** Job runs pods until enough of them have succeeded. */

import { humanDuration } from '../../machinery/duration.js'
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { isDns1123Label } from '../../machinery/names.js'
import { validateLabelSelector } from '../../machinery/selector/index.js'
import { selectorColumn } from '../apps-v1/columns.js'
import { hostnameWarnings, matchesNothingOf } from '../apps-v1/workload.js'
import { dropDisabledPodFields, setPodTemplateDefaults } from '../core-v1/pod-template.js'
import type { Job } from '../generated/batch-v1.js'
import { age } from '../printing/age.js'
import { containerColumns } from '../printing/containers.js'
import { sortedMapIn } from '../validation/sorted-map.js'
import { setPodFailurePolicyDefaults } from './job-policies.js'
import { copyTemplateLabels, generateSelector, validateGeneratedSelector } from './job-selector.js'
import { jobSpecWarnings, validateJobSpec } from './job-spec.js'
import { hasCondition, validateJobStatusUpdate } from './job-status.js'
import { validateJobSpecUpdate } from './job-update.js'

const maxInt32 = 2 ** 31 - 1

/** In upstream's order: the first condition that holds names the state. */
const states: readonly (readonly [string, (job: Job) => boolean])[] = [
  ['Complete', job => hasCondition(job, 'Complete')],
  ['Failed', job => hasCondition(job, 'Failed')],
  ['Terminating', job => job.metadata.deletionTimestamp !== undefined],
  ['Suspended', job => hasCondition(job, 'Suspended')],
  ['FailureTarget', job => hasCondition(job, 'FailureTarget')],
  ['SuccessCriteriaMet', job => hasCondition(job, 'SuccessCriteriaMet')],
]

function completions({ spec, status }: Job): string {
  const done = status?.succeeded ?? 0
  if (spec.completions !== undefined) return `${done}/${spec.completions}`
  const parallelism = spec.parallelism ?? 0
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`
}

function duration({ status }: Job, now: number): string {
  if (!status?.startTime) return ''
  const end = status.completionTime ? Date.parse(status.completionTime) : now
  return humanDuration(end - Date.parse(status.startTime))
}

/** Indexed pods are named after the job, so the longest host name must fit. */
function* validateHostnames({ metadata, spec }: Job): Generator<FieldError> {
  if (spec.completionMode !== 'Indexed' || !spec.completions || spec.completions < 0) return
  const longest = `${metadata.name}-${spec.completions - 1}`
  if (isDns1123Label(longest).length)
    yield invalid('metadata.name', metadata.name, `will not able to create pod with invalid DNS label: ${longest}`)
}

function* validateSpec({ spec }: Job): Generator<FieldError> {
  yield* validateJobSpec(spec, 'spec')
  if (spec.selector) yield* validateLabelSelector(spec.selector, 'spec.selector')
  else yield required('spec.selector')
  const labels = spec.template.metadata?.labels
  if (matchesNothingOf(spec.selector, labels))
    yield invalid(
      'spec.template.metadata.labels',
      sortedMapIn(spec.template.metadata, 'labels'),
      '`selector` does not match template `labels`',
    )
}

export const job = defineKind<Job>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  scope: 'Namespaced',
  names: { plural: 'jobs', categories: ['all'] },

  setDefaults(object) {
    const { spec } = object
    if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
    spec.parallelism ??= 1
    spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : maxInt32
    copyTemplateLabels(object)
    spec.completionMode ??= 'NonIndexed'
    spec.suspend ??= false
    spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'
    spec.manualSelector ??= false
    setPodFailurePolicyDefaults(spec)
    setPodTemplateDefaults(spec.template)
  },

  updateChecks: ['meta', 'spec', 'metaUpdate', 'change'],
  *validate(object) {
    yield* validateGeneratedSelector(object)
    yield* validateSpec(object)
    yield* validateHostnames(object)
  },
  *validateUpdate(object, old) {
    yield* validateSpec(object)
    yield* validateJobSpecUpdate(object, old)
  },
  warnings: (object, old) => [
    ...(old ? [] : hostnameWarnings(object)),
    ...jobSpecWarnings(object.spec, 'spec', old?.spec),
  ],

  strategy: {
    // Kept from the days when clients had to delete a job's pods themselves.
    defaultDeletion: 'orphan',
    deletionWarning:
      'child pods are preserved by default when jobs are deleted; ' +
      'set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
    asRead: copyTemplateLabels,
    prepareForCreate(object) {
      dropDisabledPodFields(object.spec.template.spec, undefined)
      if (!object.spec.manualSelector) generateSelector(object)
    },
    prepareForUpdate: ({ spec }, old) => dropDisabledPodFields(spec.template.spec, old.spec.template.spec),
  },
  subresources: { status: { validateUpdate: validateJobStatusUpdate } },
  printerColumns: [
    {
      name: 'Status',
      description: 'Status of the job.',
      of: object => states.find(([, holds]) => holds(object))?.[0] ?? 'Running',
    },
    {
      name: 'Completions',
      description:
        'The number of pods which reached phase Succeeded. The value increases monotonically for a given spec. However, it may decrease in reaction to scale down of elastic indexed jobs.',
      of: completions,
    },
    { name: 'Duration', description: 'Time required to complete the job.', of: duration },
    age,
    ...containerColumns<Job>(({ spec }) => spec.template.spec?.containers),
    selectorColumn<Job>(
      'A label query over pods that should match the pod count. Normally, the system sets this field for you. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
      ({ spec }) => spec.selector,
    ),
  ],
  unsupportedField: field => `field label ${JSON.stringify(field)} not supported for Job`,
  selectableFields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
})
