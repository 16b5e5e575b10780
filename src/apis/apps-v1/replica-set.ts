/** ReplicaSet keeps a number of identical pods running. */
import { defineKind } from '../../machinery/kind.js'
import { formatLabelSelector } from '../../machinery/selector/index.js'
import { dropDisabledPodFields, podTemplateWarnings, setPodTemplateDefaults } from '../core-v1/pod-template.js'
import type { ReplicaSet } from '../generated/apps-v1.js'
import { age } from '../printing/age.js'
import { containerColumns } from '../printing/containers.js'
import { nonNegativeFields } from '../validation/numbers.js'
import { selectorColumn } from './columns.js'
import { dropTerminatingReplicas, replicaCounts } from './status.js'
import { hostnameWarnings, validateSelectorAndTemplate } from './workload.js'

export const replicaSet = defineKind<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  scope: 'Namespaced',
  names: { plural: 'replicasets', shortNames: ['rs'], categories: ['all'] },

  setDefaults({ spec }) {
    spec.replicas ??= 1
    setPodTemplateDefaults(spec.template)
  },

  *validate({ spec }) {
    yield* nonNegativeFields(spec, 'spec', ['replicas', 'minReadySeconds'])
    yield* validateSelectorAndTemplate(spec)
  },
  immutable: ['spec.selector'],
  warnings: (object, old) =>
    old
      ? podTemplateWarnings(object.spec.template, 'spec.template', old.spec.template)
      : [...hostnameWarnings(object), ...podTemplateWarnings(object.spec.template, 'spec.template')],

  strategy: {
    prepareForCreate: ({ spec }) => dropDisabledPodFields(spec.template.spec, undefined),
    prepareForUpdate(object, old, { subresource }) {
      if (subresource === 'status') dropTerminatingReplicas(object, old)
      else dropDisabledPodFields(object.spec.template.spec, old.spec.template.spec)
    },
  },
  subresources: {
    status: {
      *validateUpdate({ status }) {
        if (!status) return
        yield* nonNegativeFields(status, 'status', [
          'replicas',
          'fullyLabeledReplicas',
          'readyReplicas',
          'availableReplicas',
          'observedGeneration',
          'terminatingReplicas',
        ])
        yield* replicaCounts(status, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'])
      },
    },
    scale: {
      replicas: 'spec.replicas',
      current: 'status.replicas',
      selector: ({ spec }) => formatLabelSelector(spec.selector),
    },
  },
  printerColumns: [
    {
      name: 'Desired',
      description:
        'Replicas is the number of desired pods. This is a pointer to distinguish between explicit zero and unspecified. Defaults to 1. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset',
      type: 'integer',
      of: ({ spec }) => spec.replicas ?? 0,
    },
    {
      name: 'Current',
      description:
        'Replicas is the most recently observed number of non-terminating pods. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset',
      type: 'integer',
      of: ({ status }) => status?.replicas ?? 0,
    },
    {
      name: 'Ready',
      description: 'The number of non-terminating pods targeted by this ReplicaSet with a Ready Condition.',
      type: 'integer',
      of: ({ status }) => status?.readyReplicas ?? 0,
    },
    age,
    ...containerColumns<ReplicaSet>(({ spec }) => spec.template.spec?.containers),
    selectorColumn<ReplicaSet>(
      'Selector is a label query over pods that should match the replica count. If the selector is empty, it is defaulted to the labels present on the pod template. Label keys and values that must match in order to be controlled by this replica set. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
      ({ spec }) => spec.selector,
    ),
  ],
})
