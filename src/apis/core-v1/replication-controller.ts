/** ReplicationController keeps a number of identical pods running: the forerunner of ReplicaSet. */
import { type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { isDns1123Label } from '../../machinery/names.js'
import { formatLabels, labelSelectorFromMap, matchesLabels } from '../../machinery/selector/index.js'
import type { PodTemplateSpec, ReplicationController, ReplicationControllerStatus } from '../generated/core-v1.js'
import { age } from '../printing/age.js'
import { containerColumns } from '../printing/containers.js'
import { nonNegativeFields } from '../validation/numbers.js'
import { sortedMapIn } from '../validation/sorted-map.js'
import { dropDisabledPodFields } from './pod-spec/disabled-fields.js'
import { podTemplateWarnings, setPodTemplateDefaults, validatePodTemplateSpec } from './pod-template.js'

const isEmpty = (map: object | undefined) => !Object.keys(map ?? {}).length

function* validateTemplate(
  template: PodTemplateSpec | undefined,
  selector: Readonly<Record<string, string>> | undefined,
): Generator<FieldError> {
  const path = 'spec.template'
  if (!template) return yield required(path)
  const labels = template.metadata?.labels
  if (!isEmpty(selector) && !matchesLabels({ matchLabels: selector }, labels))
    yield invalid(
      `${path}.metadata.labels`,
      sortedMapIn(template.metadata, 'labels'),
      '`selector` does not match template `labels`',
    )
  yield* validatePodTemplateSpec(template, path)
  const { restartPolicy = '', activeDeadlineSeconds } = template.spec
  if (restartPolicy !== 'Always') yield notSupported(`${path}.spec.restartPolicy`, restartPolicy, ['Always'])
  if (activeDeadlineSeconds !== undefined)
    yield forbidden(
      `${path}.spec.activeDeadlineSeconds`,
      'activeDeadlineSeconds in ReplicationController is not Supported',
    )
}

const counts = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'] as const

function* validateStatus(status: ReplicationControllerStatus): Generator<FieldError> {
  yield* nonNegativeFields(status, 'status', counts)
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status
  for (const field of ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const)
    if ((status[field] ?? 0) > replicas)
      yield invalid(`status.${field}`, status[field] ?? 0, 'cannot be greater than status.replicas')
  if (availableReplicas > readyReplicas)
    yield invalid('status.availableReplicas', availableReplicas, 'cannot be greater than readyReplicas')
}

function nameWarnings({ metadata }: ReplicationController): string[] {
  const problems = isDns1123Label(metadata.name ?? '')
  if (!problems.length) return []
  return [
    `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`,
  ]
}

export const replicationController = defineKind<ReplicationController>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  scope: 'Namespaced',
  names: { plural: 'replicationcontrollers', shortNames: ['rc'], categories: ['all'] },

  setDefaults({ metadata, spec }) {
    spec.replicas ??= 1
    const labels = spec.template?.metadata?.labels
    if (labels) {
      if (isEmpty(spec.selector)) spec.selector = { ...labels }
      if (isEmpty(metadata.labels)) metadata.labels = { ...labels }
    }
    setPodTemplateDefaults(spec.template)
  },
  updateChecks: ['meta', 'spec', 'metaUpdate', 'spec', 'change'],
  *validate({ spec }, { subresource }) {
    if (subresource === 'status') return
    yield* nonNegativeFields(spec, 'spec', ['minReadySeconds'])
    if (isEmpty(spec.selector)) yield required('spec.selector')
    yield* nonNegativeFields(spec, 'spec', ['replicas'])
    yield* validateTemplate(spec.template, spec.selector)
  },
  warnings: (object, old) => [
    ...(old ? [] : nameWarnings(object)),
    ...podTemplateWarnings(object.spec.template, 'spec.template', old?.spec.template),
  ],

  strategy: {
    // For clients of old, which deleted the pods themselves.
    defaultDeletion: 'orphan',
    prepareForCreate: ({ spec }) => dropDisabledPodFields(spec.template?.spec, undefined),
    prepareForUpdate: ({ spec }, old) => dropDisabledPodFields(spec.template?.spec, old.spec.template?.spec),
  },
  subresources: {
    status: { validateUpdate: ({ status }) => (status ? validateStatus(status) : []) },
    scale: {
      replicas: 'spec.replicas',
      current: 'status.replicas',
      selector: ({ spec }) =>
        labelSelectorFromMap(spec.selector)
          .requirements.map(({ key, values }) => `${key}=${values[0]}`)
          .join(','),
    },
  },
  printerColumns: [
    {
      name: 'Desired',
      type: 'integer',
      description:
        'Replicas is the number of desired replicas. This is a pointer to distinguish between explicit zero and unspecified. Defaults to 1. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller#what-is-a-replicationcontroller',
      of: ({ spec }) => spec.replicas ?? 0,
    },
    {
      name: 'Current',
      type: 'integer',
      description:
        'Replicas is the most recently observed number of replicas. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller#what-is-a-replicationcontroller',
      of: ({ status }) => status?.replicas ?? 0,
    },
    {
      name: 'Ready',
      type: 'integer',
      description: 'The number of ready replicas for this replication controller.',
      of: ({ status }) => status?.readyReplicas ?? 0,
    },
    age,
    ...containerColumns<ReplicationController>(({ spec }) => spec.template?.spec.containers),
    {
      name: 'Selector',
      wide: true,
      description:
        'Selector is a label query over pods that should match the Replicas count. If Selector is empty, it is defaulted to the labels present on the Pod template. Label keys and values that must match in order to be controlled by this replication controller, if empty defaulted to labels on Pod template. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
      of: ({ spec }) => formatLabels(spec.selector),
    },
  ],
  selectableFields: { 'status.replicas': ({ status }) => `${status?.replicas ?? 0}` },
})
