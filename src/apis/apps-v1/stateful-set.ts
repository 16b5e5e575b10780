/** StatefulSet runs pods with stable names and storage, one after the other. */
import { type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { nameIsDnsLabel } from '../../machinery/name-rules.js'
import { formatLabelSelector } from '../../machinery/selector/index.js'
import {
  setPersistentVolumeClaimDefaults,
  validatePersistentVolumeClaimSpec,
} from '../core-v1/persistent-volume-claim-spec.js'
import {
  dropDisabledPodFields,
  podTemplateWarnings,
  setPodTemplateDefaults,
  validatePodTemplateSpec,
} from '../core-v1/pod-template.js'
import type {
  RollingUpdateStatefulSetStrategy,
  StatefulSet,
  StatefulSetSpec,
  StatefulSetUpdateStrategy,
} from '../generated/apps-v1.js'
import type { PodTemplateSpec, Volume } from '../generated/core-v1.js'
import { age } from '../printing/age.js'
import { containerColumns } from '../printing/containers.js'
import { isZero, notMoreThan100Percent, positiveIntOrPercent } from '../validation/int-or-percent.js'
import { nonNegative, nonNegativeFields, notDecremented } from '../validation/numbers.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { validateDnsLabel } from '../validation/text.js'
import { replicaCounts } from './status.js'
import { validateTemplateLabels, validateTemplateRestarts, validateWorkloadSelector } from './workload.js'

/** As upstream's messages print it: its internal type has no JSON names. */
const goForm = ({ partition = 0, maxUnavailable }: RollingUpdateStatefulSetStrategy) => ({
  Partition: partition,
  MaxUnavailable: maxUnavailable ?? null,
})

function* validateUpdateStrategy(strategy: StatefulSetUpdateStrategy): Generator<FieldError> {
  const path = 'spec.updateStrategy'
  const { type, rollingUpdate } = strategy
  if (!type) {
    yield required(path)
  } else if (type === 'OnDelete') {
    if (rollingUpdate)
      yield invalid(`${path}.rollingUpdate`, goForm(rollingUpdate), "only allowed for updateStrategy 'RollingUpdate'")
  } else if (type !== 'RollingUpdate') {
    const value = { Type: type, RollingUpdate: rollingUpdate ? goForm(rollingUpdate) : null }
    yield invalid(path, value, "must be 'RollingUpdate' or 'OnDelete'")
  } else if (rollingUpdate) {
    const { partition = 0, maxUnavailable } = rollingUpdate
    yield* nonNegative(partition, `${path}.rollingUpdate.partition`)
    if (maxUnavailable === undefined) return
    yield* positiveIntOrPercent(maxUnavailable, `${path}.rollingUpdate.maxUnavailable`)
    if (isZero(maxUnavailable)) yield invalid(`${path}.rollingUpdate.maxUnavailable`, maxUnavailable, 'cannot be 0')
    yield* notMoreThan100Percent(maxUnavailable, `${path}.rollingUpdate.maxUnavailable`)
  }
}

const retentionPolicies = ['Retain', 'Delete']

function* validateRetention(policy: StatefulSetSpec['persistentVolumeClaimRetentionPolicy']): Generator<FieldError> {
  if (!policy) return
  for (const field of ['whenDeleted', 'whenScaled'] as const) {
    const value = policy[field] ?? ''
    if (!retentionPolicies.includes(value))
      yield notSupported(`spec.persistentVolumeClaimRetentionPolicy.${field}`, value, retentionPolicies)
  }
}

/** The template as its pods will be: identity is the controller's to set, claims become volumes. */
function templateWithClaims({ template, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec {
  if (!template.spec) return template
  const claims = volumeClaimTemplates.map(
    ({ metadata }): Volume => ({
      name: metadata.name ?? '',
      persistentVolumeClaim: { claimName: metadata.name ?? '' },
    }),
  )
  const own = (template.spec.volumes ?? []).filter(({ name }) => !claims.some(c => c.name === name))
  const { hostname, subdomain, ...spec } = template.spec
  return { ...template, spec: { ...spec, volumes: [...claims, ...own] } }
}

const mutable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const

export const statefulSet = defineKind<StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  scope: 'Namespaced',
  names: { plural: 'statefulsets', shortNames: ['sts'], categories: ['all'] },

  setDefaults({ spec }) {
    spec.podManagementPolicy ||= 'OrderedReady'
    const { updateStrategy } = spec
    if (!updateStrategy.type) {
      updateStrategy.type = 'RollingUpdate'
      updateStrategy.rollingUpdate ??= {}
    }
    if (updateStrategy.type === 'RollingUpdate' && updateStrategy.rollingUpdate)
      updateStrategy.rollingUpdate.partition ??= 0
    const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {})
    retention.whenDeleted ||= 'Retain'
    retention.whenScaled ||= 'Retain'
    spec.replicas ??= 1
    spec.revisionHistoryLimit ??= 10
    setPodTemplateDefaults(spec.template)
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion ??= 'v1'
      claim.kind ??= 'PersistentVolumeClaim'
      setPersistentVolumeClaimDefaults(claim)
    }
  },

  *validate({ spec }) {
    const policy = spec.podManagementPolicy
    if (policy !== 'OrderedReady' && policy !== 'Parallel')
      yield invalid('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")
    yield* validateUpdateStrategy(spec.updateStrategy)
    yield* validateRetention(spec.persistentVolumeClaimRetentionPolicy)
    for (const [i, claim] of (spec.volumeClaimTemplates ?? []).entries())
      yield* validatePersistentVolumeClaimSpec(claim.spec, `spec.volumeClaimTemplates[${i}].spec`)
    yield* nonNegativeFields(spec, 'spec', ['replicas', 'minReadySeconds'])
    yield* nonNegative(spec.ordinals?.start, 'spec.ordinals.start')
    if (spec.serviceName) yield* validateDnsLabel(spec.serviceName, 'spec.serviceName')
    yield* validateWorkloadSelector(spec.selector, 'statefulset')
    yield* validateTemplateLabels(spec.selector, spec.template, '')
    yield* validatePodTemplateSpec(templateWithClaims(spec), 'spec.template')
    yield* validateTemplateRestarts(spec.template, 'StatefulSet')
  },
  *validateUpdate({ spec }, { spec: old }) {
    const comparable = { ...spec }
    for (const field of mutable) Object.assign(comparable, { [field]: old[field] })
    if (!semanticEqual(comparable, old))
      yield forbidden(
        'spec',
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      )
  },
  warnings({ spec }, old) {
    const found = podTemplateWarnings(spec.template, 'spec.template', old?.spec.template)
    if ((spec.revisionHistoryLimit ?? 0) < 0)
      found.push(
        'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
      )
    return found
  },

  strategy: {
    validateName: nameIsDnsLabel,
    // The gate MaxUnavailableStatefulSet is off in v1.34: the field stays only where it already was.
    prepareForCreate({ spec }) {
      dropMaxUnavailable(spec)
      dropDisabledPodFields(spec.template.spec, undefined)
    },
    prepareForUpdate({ spec }, old) {
      dropDisabledPodFields(spec.template.spec, old.spec.template.spec)
      if (old.spec.updateStrategy.rollingUpdate?.maxUnavailable === undefined) dropMaxUnavailable(spec)
    },
  },
  subresources: {
    status: {
      *validateUpdate({ status }, { status: old }) {
        if (!status) return
        yield* nonNegativeFields(status, 'status', [
          'replicas',
          'readyReplicas',
          'currentReplicas',
          'updatedReplicas',
          'availableReplicas',
          'observedGeneration',
          'collisionCount',
        ])
        const parts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const
        yield* replicaCounts(status, parts, 'status.readyReplicas')
        yield* notDecremented(status.collisionCount, old?.collisionCount, 'status.collisionCount')
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
    age,
    ...containerColumns<StatefulSet>(({ spec }) => spec.template.spec?.containers),
  ],
})

function dropMaxUnavailable({ updateStrategy }: StatefulSetSpec): void {
  if (updateStrategy.rollingUpdate) delete updateStrategy.rollingUpdate.maxUnavailable
}
