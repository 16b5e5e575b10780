/** Validation of a StatefulSet's spec. */
import { type FieldError, invalid, notSupported, required } from '../../machinery/field-error.js'
import { validatePersistentVolumeClaimSpec } from '../core-v1/persistent-volume-claim-spec.js'
import { validatePodTemplateMetadata, validatePodTemplateSpec } from '../core-v1/pod-template.js'
import type {
  RollingUpdateStatefulSetStrategy,
  StatefulSetSpec,
  StatefulSetUpdateStrategy,
} from '../generated/apps-v1.js'
import type { PodTemplateSpec, Volume } from '../generated/core-v1.js'
import { isZero, notMoreThan100Percent, positiveIntOrPercent } from '../validation/int-or-percent.js'
import { nonNegative, nonNegativeFields } from '../validation/numbers.js'
import { validateDnsLabel } from '../validation/text.js'
import { isReadable, validateTemplateLabels, validateTemplateRestarts, validateWorkloadSelector } from './workload.js'

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
  const claims = new Map<string, Volume>()
  for (const { metadata: { name = '' } = {} } of volumeClaimTemplates)
    claims.set(name, { name, persistentVolumeClaim: { claimName: name } })
  const own = (template.spec.volumes ?? []).filter(({ name }) => !claims.has(name))
  const { hostname, subdomain, ...spec } = template.spec
  return { ...template, spec: { ...spec, volumes: [...claims.values(), ...own] } }
}

/** What cannot change is only looked at when it is new; `skipsTemplate`: the old spec is not valid, so the new one may be as bad. */
export function* validateSpec(
  spec: StatefulSetSpec,
  { isNew, skipsTemplate }: { isNew: boolean; skipsTemplate: boolean },
): Generator<FieldError> {
  const policy = spec.podManagementPolicy
  if (policy !== 'OrderedReady' && policy !== 'Parallel')
    yield invalid('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")
  yield* validateUpdateStrategy(spec.updateStrategy)
  yield* validateRetention(spec.persistentVolumeClaimRetentionPolicy)
  if (isNew)
    for (const [i, claim] of (spec.volumeClaimTemplates ?? []).entries())
      yield* validatePersistentVolumeClaimSpec(claim.spec, `spec.volumeClaimTemplates[${i}].spec`)
  yield* nonNegativeFields(spec, 'spec', ['replicas', 'minReadySeconds'])
  yield* nonNegative(spec.ordinals?.start, 'spec.ordinals.start')
  if (isNew && spec.serviceName) yield* validateDnsLabel(spec.serviceName, 'spec.serviceName')
  yield* validateWorkloadSelector(spec.selector, 'statefulset')
  yield* validateTemplateLabels(spec.selector, spec.template, '')
  if (isReadable(spec.selector)) {
    const template = templateWithClaims(spec)
    if (!skipsTemplate) yield* validatePodTemplateSpec(template, 'spec.template')
    // Upstream looks at them twice.
    yield* validatePodTemplateMetadata(template, 'spec.template')
  }
  yield* validateTemplateRestarts(spec.template, 'StatefulSet')
}
