/** Which objects a quota counts, by its scopes. Pure. */
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { qosClassOf } from '../core-v1/pod-qos.js'
import type {
  PersistentVolumeClaim,
  Pod,
  PodAffinityTerm,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from '../generated/core-v1.js'
import type { GroupResource } from './usage.js'

function usesOtherNamespaces({ spec: { affinity } }: Pod): boolean {
  const terms: PodAffinityTerm[] = [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap(a => [
    ...(a?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(a?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(w => w.podAffinityTerm),
  ])
  return terms.some(t => (t.namespaces?.length ?? 0) > 0 || t.namespaceSelector !== undefined)
}

function meetsOperator(
  { operator, values = [] }: ScopedResourceSelectorRequirement,
  value: string | undefined,
): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    default:
      return value === undefined
  }
}

function podMeets(pod: Pod, requirement: ScopedResourceSelectorRequirement): boolean {
  const terminating = (pod.spec.activeDeadlineSeconds ?? -1) >= 0
  switch (requirement.scopeName) {
    case 'Terminating':
      return terminating
    case 'NotTerminating':
      return !terminating
    case 'BestEffort':
      return qosClassOf(pod) === 'BestEffort'
    case 'NotBestEffort':
      return qosClassOf(pod) !== 'BestEffort'
    case 'PriorityClass':
      return meetsOperator(requirement, pod.spec.priorityClassName || undefined)
    case 'CrossNamespacePodAffinity':
      return usesOtherNamespaces(pod)
    default:
      return false
  }
}

/** Those that a claim asks for, has, or is on its way to. */
const attributesClassesOf = ({ spec, status }: PersistentVolumeClaim): string[] =>
  [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter((name): name is string => Boolean(name))

function claimMeets(claim: PersistentVolumeClaim, requirement: ScopedResourceSelectorRequirement): boolean {
  if (requirement.scopeName !== 'VolumeAttributesClass') return false
  const classes = attributesClassesOf(claim)
  return classes.length > 0
    ? classes.some(name => meetsOperator(requirement, name))
    : meetsOperator(requirement, undefined)
}

/** True when the object meets every scope. Objects that know no scopes meet only a quota without any. */
export function inQuotaScope({ spec }: ResourceQuota, of: GroupResource, object: KubernetesObject): boolean {
  const requirements: ScopedResourceSelectorRequirement[] = [
    ...(spec?.scopes ?? []).map(scopeName => ({ scopeName, operator: 'Exists' })),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ]
  return requirements.every(requirement => {
    if (of.group !== '') return false
    if (of.resource === 'pods') return podMeets(object as unknown as Pod, requirement)
    if (of.resource === 'persistentvolumeclaims')
      return claimMeets(object as unknown as PersistentVolumeClaim, requirement)
    return false
  })
}
