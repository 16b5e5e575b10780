/** Deployment keeps identical pods running and rolls them from one template to the next. */
import { type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { formatLabelSelector, printLabelSelector } from '../../machinery/selector/index.js'
import { dropDisabledPodFields, podTemplateWarnings, setPodTemplateDefaults } from '../core-v1/pod-template.js'
import type { Deployment, DeploymentStrategy } from '../generated/apps-v1.js'
import { age } from '../printing/age.js'
import { containerColumns } from '../printing/containers.js'
import { isZero, notMoreThan100Percent, positiveIntOrPercent } from '../validation/int-or-percent.js'
import { nonNegative, nonNegativeFields, notDecremented } from '../validation/numbers.js'
import { selectorColumn } from './columns.js'
import { dropTerminatingReplicas, replicaCounts } from './status.js'
import { hostnameWarnings, validateSelectorAndTemplate } from './workload.js'

function* validateStrategy(strategy: DeploymentStrategy, path: string): Generator<FieldError> {
  const { type, rollingUpdate } = strategy
  if (type === 'Recreate') {
    if (rollingUpdate)
      yield forbidden(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")
    return
  }
  if (type !== 'RollingUpdate') {
    const value = { Type: type ?? '', RollingUpdate: rollingUpdate ?? null }
    yield notSupported(path, value, ['Recreate', 'RollingUpdate'])
    return
  }
  if (!rollingUpdate) {
    yield required(`${path}.rollingUpdate`, 'this should be defaulted and never be nil')
    return
  }
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate
  yield* positiveIntOrPercent(maxUnavailable, `${path}.rollingUpdate.maxUnavailable`)
  yield* positiveIntOrPercent(maxSurge, `${path}.rollingUpdate.maxSurge`)
  if (isZero(maxUnavailable) && isZero(maxSurge))
    yield invalid(`${path}.rollingUpdate.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')
  yield* notMoreThan100Percent(maxUnavailable, `${path}.rollingUpdate.maxUnavailable`)
}

export const deployment = defineKind<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  scope: 'Namespaced',
  names: { plural: 'deployments', shortNames: ['deploy'], categories: ['all'] },

  setDefaults({ spec }) {
    spec.replicas ??= 1
    spec.strategy.type ||= 'RollingUpdate'
    if (spec.strategy.type === 'RollingUpdate') {
      const rollingUpdate = (spec.strategy.rollingUpdate ??= {})
      rollingUpdate.maxUnavailable ??= '25%'
      rollingUpdate.maxSurge ??= '25%'
    }
    spec.revisionHistoryLimit ??= 10
    spec.progressDeadlineSeconds ??= 600
    setPodTemplateDefaults(spec.template)
  },

  *validate({ spec }) {
    yield* nonNegative(spec.replicas, 'spec.replicas')
    yield* validateSelectorAndTemplate(spec)
    yield* validateStrategy(spec.strategy, 'spec.strategy')
    yield* nonNegativeFields(spec, 'spec', ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'])
    const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec
    if (deadline !== undefined && deadline <= minReadySeconds)
      yield invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')
  },
  immutable: ['spec.selector'],
  warnings: (object, old) =>
    old
      ? podTemplateWarnings(object.spec.template, 'spec.template', old.spec.template)
      : [...hostnameWarnings(object), ...podTemplateWarnings(object.spec.template, 'spec.template')],

  strategy: {
    // Annotations are copied to ReplicaSets, so editing them is a change to act upon.
    bumpGenerationOn: ['spec', 'metadata.annotations'],
    prepareForCreate: ({ spec }) => dropDisabledPodFields(spec.template.spec, undefined),
    prepareForUpdate(object, old, { subresource }) {
      if (subresource !== 'status') {
        dropDisabledPodFields(object.spec.template.spec, old.spec.template.spec)
        return
      }
      // Upstream keeps labels, and only labels, out of reach of status writers.
      if (old.metadata.labels) object.metadata.labels = old.metadata.labels
      else delete object.metadata.labels
      dropTerminatingReplicas(object, old)
    },
  },
  subresources: {
    status: {
      *validateUpdate({ status = {} }, { status: old = {} }) {
        yield* nonNegativeFields(status, 'status', [
          'observedGeneration',
          'replicas',
          'updatedReplicas',
          'readyReplicas',
          'availableReplicas',
          'unavailableReplicas',
          'terminatingReplicas',
          'collisionCount',
        ])
        yield* replicaCounts(status, ['updatedReplicas', 'readyReplicas', 'availableReplicas'])
        yield* notDecremented(status.collisionCount, old.collisionCount, 'status.collisionCount')
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
      name: 'Ready',
      description: 'Number of the pod with ready state',
      of: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    },
    {
      name: 'Up-to-date',
      description:
        'Total number of non-terminating pods targeted by this deployment that have the desired template spec.',
      of: ({ status }) => status?.updatedReplicas ?? 0,
    },
    {
      name: 'Available',
      description:
        'Total number of available non-terminating pods (ready for at least minReadySeconds) targeted by this deployment.',
      of: ({ status }) => status?.availableReplicas ?? 0,
    },
    age,
    ...containerColumns<Deployment>(({ spec }) => spec.template.spec?.containers),
    {
      ...selectorColumn<Deployment>(
        'Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment.',
        ({ spec }) => spec.selector,
      ),
      // Only bookmarks have none.
      of: ({ spec }) => (spec.selector ? printLabelSelector(spec.selector) : ''),
    },
  ],
})
