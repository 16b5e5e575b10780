/** StatefulSet runs pods with stable names and storage, one after the other. */
import { forbidden } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { nameIsDnsLabel } from '../../machinery/name-rules.js'
import { formatLabelSelector } from '../../machinery/selector/index.js'
import { setPersistentVolumeClaimDefaults } from '../core-v1/persistent-volume-claim-spec.js'
import { dropDisabledPodFields, podTemplateWarnings, setPodTemplateDefaults } from '../core-v1/pod-template.js'
import type { StatefulSet, StatefulSetSpec } from '../generated/apps-v1.js'
import { age } from '../printing/age.js'
import { containerColumns } from '../printing/containers.js'
import { nonNegativeFields, notDecremented } from '../validation/numbers.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { validateSpec } from './stateful-set-spec.js'
import { replicaCounts } from './status.js'

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
      // Whatever was sent.
      claim.apiVersion = 'v1'
      claim.kind = 'PersistentVolumeClaim'
      setPersistentVolumeClaimDefaults(claim)
    }
  },

  validateCreate: ({ spec }) => validateSpec(spec, { isNew: true, skipsTemplate: false }),
  *validateUpdate({ spec }, { spec: old }) {
    const [oldError] = validateSpec(old, { isNew: false, skipsTemplate: false })
    yield* validateSpec(spec, { isNew: false, skipsTemplate: oldError !== undefined })
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
