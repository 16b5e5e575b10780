/** The checks that the restricted level adds to those of baseline. */
import { allowedSeccomp, forbiddenSeccomp } from './baseline-profiles.js'
import {
  type Check,
  type CheckedPod,
  containersOf,
  distinct,
  isWindows,
  namedContainers,
  namesWhere,
  pluralize,
  quoteAll,
  setters,
  type Violation,
} from './check.js'

function allowPrivilegeEscalation(pod: CheckedPod): Violation | undefined {
  const names = namesWhere(pod, container => container.securityContext?.allowPrivilegeEscalation !== false)
  if (!names.length) return undefined
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${namedContainers(names)} must set securityContext.allowPrivilegeEscalation=false`,
  }
}

function capabilities(pod: CheckedPod): Violation | undefined {
  const keep = namesWhere(pod, c => !c.securityContext?.capabilities?.drop?.includes('ALL'))
  const added = (container: (typeof pod.spec.containers)[number]) =>
    (container.securityContext?.capabilities?.add ?? []).filter(name => name !== 'NET_BIND_SERVICE')
  const add = namesWhere(pod, container => added(container).length > 0)
  if (!keep.length && !add.length) return undefined
  const all = quoteAll(distinct(containersOf(pod).flatMap(added)))
  const details = [
    ...(keep.length ? [`${namedContainers(keep)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(add.length ? [`${namedContainers(add)} must not include ${all} in securityContext.capabilities.add`] : []),
  ]
  return { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

const allowedSources = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
] as const

const restrictedSources = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'gitRepo',
  'nfs',
  'iscsi',
  'glusterfs',
  'rbd',
  'flexVolume',
  'cinder',
  'cephfs',
  'flocker',
  'fc',
  'azureFile',
  'vsphereVolume',
  'quobyte',
  'azureDisk',
  'photonPersistentDisk',
  'portworxVolume',
  'scaleIO',
  'storageos',
] as const

function restrictedVolumes({ spec }: CheckedPod): Violation | undefined {
  const bad = (spec.volumes ?? []).filter(volume => !allowedSources.some(source => volume[source]))
  if (!bad.length) return undefined
  const types = distinct(bad.map(volume => restrictedSources.find(source => volume[source]) ?? 'unknown'))
  const names = `${pluralize('volume', bad.length)} ${quoteAll(bad.map(volume => volume.name))}`
  const uses = pluralize('uses', bad.length, 'use')
  return {
    reason: 'restricted volume types',
    detail: `${names} ${uses} ${pluralize('restricted volume type', types.length)} ${quoteAll(types)}`,
  }
}

function runAsNonRoot(pod: CheckedPod): Violation | undefined {
  const reason = 'runAsNonRoot != true'
  const ofPod = pod.spec.securityContext?.runAsNonRoot
  const explicit = namesWhere(pod, container => container.securityContext?.runAsNonRoot === false)
  const who = setters(ofPod === false, explicit)
  if (who) return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` }
  const unsaid = ofPod ? [] : namesWhere(pod, container => container.securityContext?.runAsNonRoot === undefined)
  if (!unsaid.length) return undefined
  return { reason, detail: `pod or ${namedContainers(unsaid)} must set securityContext.runAsNonRoot=true` }
}

function runAsUser(pod: CheckedPod): Violation | undefined {
  const names = namesWhere(pod, container => container.securityContext?.runAsUser === 0)
  const who = setters(pod.spec.securityContext?.runAsUser === 0, names)
  return who ? { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` } : undefined
}

function seccompProfile(pod: CheckedPod): Violation | undefined {
  const explicit = forbiddenSeccomp(pod)
  if (explicit) return explicit
  if (allowedSeccomp(pod.spec.securityContext?.seccompProfile?.type)) return undefined
  const unsaid = namesWhere(pod, container => !container.securityContext?.seccompProfile)
  if (!unsaid.length) return undefined
  const wanted = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
  return { reason: 'seccompProfile', detail: `pod or ${namedContainers(unsaid)} ${wanted}` }
}

/** From 1.25 on, fields that a Windows pod cannot have are not asked of it. */
const exceptOnWindows =
  (find: Check['find']): Check['find'] =>
  pod =>
    isWindows(pod) ? undefined : find(pod)

export const restrictedChecks: readonly Check[] = [
  { id: 'allowPrivilegeEscalation', since: 8, until: 25, find: allowPrivilegeEscalation },
  { id: 'allowPrivilegeEscalation', since: 25, find: exceptOnWindows(allowPrivilegeEscalation) },
  { id: 'capabilities_restricted', since: 22, until: 25, overrides: 'capabilities_baseline', find: capabilities },
  {
    id: 'capabilities_restricted',
    since: 25,
    overrides: 'capabilities_baseline',
    find: exceptOnWindows(capabilities),
  },
  { id: 'restrictedVolumes', since: 0, overrides: 'hostPathVolumes', find: restrictedVolumes },
  { id: 'runAsNonRoot', since: 0, find: runAsNonRoot },
  { id: 'runAsUser', since: 23, find: runAsUser },
  {
    id: 'seccompProfile_restricted',
    since: 19,
    until: 25,
    overrides: 'seccompProfile_baseline',
    find: seccompProfile,
  },
  {
    id: 'seccompProfile_restricted',
    since: 25,
    overrides: 'seccompProfile_baseline',
    find: exceptOnWindows(seccompProfile),
  },
]
