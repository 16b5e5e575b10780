/** Baseline checks of the profiles that confine a container: AppArmor, SELinux, seccomp. */
import type { SELinuxOptions } from '../../../apis/generated/core-v1.js'
import {
  type Check,
  type CheckedPod,
  containersOf,
  distinct,
  namedContainers,
  namesWhere,
  pluralize,
  quoteAll,
  setters,
  type Violation,
} from './check.js'

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/'
const allowedAppArmor = (type: string) => type === 'RuntimeDefault' || type === 'Localhost'
const allowedAppArmorAnnotation = (value: string) =>
  !value || value === 'runtime/default' || value.startsWith('localhost/')

function appArmorProfile(pod: CheckedPod): Violation | undefined {
  const ofPod = pod.spec.securityContext?.appArmorProfile?.type
  const bad = (type: string | undefined): type is string => type !== undefined && !allowedAppArmor(type)
  const containers = containersOf(pod).filter(c => bad(c.securityContext?.appArmorProfile?.type))
  const types = [...(bad(ofPod) ? [ofPod] : []), ...containers.map(c => c.securityContext!.appArmorProfile!.type)]
  const annotations = Object.entries(pod.metadata?.annotations ?? {})
    .filter(([key, value]) => key.startsWith(appArmorPrefix) && !allowedAppArmorAnnotation(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
  const who = [
    ...(bad(ofPod) ? ['pod'] : []),
    ...(containers.length ? [namedContainers(containers.map(c => c.name))] : []),
    ...(annotations.length ? [pluralize('annotation', annotations.length)] : []),
  ]
  if (!who.length) return undefined
  const values = [...distinct(types), ...annotations]
  return {
    reason: pluralize('forbidden AppArmor profile', values.length),
    detail: `${who.join(' and ')} must not set AppArmor profile type to ${quoteAll(values)}`,
  }
}

const selinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t']
const selinuxTypesSince31 = [...selinuxTypes, 'container_engine_t']

const seLinuxOptions =
  (allowed: readonly string[]) =>
  (pod: CheckedPod): Violation | undefined => {
    const isBad = (options: SELinuxOptions | undefined) =>
      !!options && (!allowed.includes(options.type ?? '') || !!options.user || !!options.role)
    const ofPod = pod.spec.securityContext?.seLinuxOptions
    const containers = containersOf(pod).filter(c => isBad(c.securityContext?.seLinuxOptions))
    const bad = [...(isBad(ofPod) ? [ofPod!] : []), ...containers.map(c => c.securityContext!.seLinuxOptions!)]
    if (!bad.length) return undefined
    const types = distinct(bad.map(options => options.type ?? '').filter(type => !allowed.includes(type)))
    const data = [
      ...(types.length ? [`${pluralize('type', types.length)} ${quoteAll(types)}`] : []),
      ...(bad.some(options => options.user) ? ['user may not be set'] : []),
      ...(bad.some(options => options.role) ? ['role may not be set'] : []),
    ]
    const who = setters(
      isBad(ofPod),
      containers.map(c => c.name),
    )
    return {
      reason: 'seLinuxOptions',
      detail: `${who} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`,
    }
  }

const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod'
const seccompContainerPrefix = 'container.seccomp.security.alpha.kubernetes.io/'
const allowedSeccompAnnotation = (value: string) =>
  value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/')

/** Before 1.19 profiles were annotations. */
function seccompAnnotations(pod: CheckedPod): Violation | undefined {
  const annotations = pod.metadata?.annotations ?? {}
  const keys = [seccompPod, ...containersOf(pod).map(c => seccompContainerPrefix + c.name)]
  const bad = keys.filter(key => annotations[key] !== undefined && !allowedSeccompAnnotation(annotations[key]))
  const found = distinct(bad.map(key => `${key}=${JSON.stringify(annotations[key])}`))
  if (!found.length) return undefined
  return {
    reason: 'seccompProfile',
    detail: `forbidden ${pluralize('annotation', found.length)} ${found.join(', ')}`,
  }
}

export const allowedSeccomp = (type: string | undefined): boolean => type === 'Localhost' || type === 'RuntimeDefault'

/** Shared with the restricted check, which also wants a profile to be set. */
export function forbiddenSeccomp(pod: CheckedPod): Violation | undefined {
  const ofPod = pod.spec.securityContext?.seccompProfile
  const isBad = (profile: { type: string } | undefined) => !!profile && !allowedSeccomp(profile.type)
  const names = namesWhere(pod, c => isBad(c.securityContext?.seccompProfile))
  const who = setters(isBad(ofPod), names)
  if (!who) return undefined
  const profiles = [ofPod, ...containersOf(pod).map(c => c.securityContext?.seccompProfile)].filter(isBad)
  const types = distinct(profiles.map(profile => profile!.type))
  return {
    reason: 'seccompProfile',
    detail: `${who} must not set securityContext.seccompProfile.type to ${quoteAll(types)}`,
  }
}

export const profileChecks: readonly Check[] = [
  { id: 'appArmorProfile', since: 0, find: appArmorProfile },
  { id: 'seLinuxOptions', since: 0, until: 31, find: seLinuxOptions(selinuxTypes) },
  { id: 'seLinuxOptions', since: 31, find: seLinuxOptions(selinuxTypesSince31) },
  { id: 'seccompProfile_baseline', since: 0, until: 19, find: seccompAnnotations },
  { id: 'seccompProfile_baseline', since: 19, find: forbiddenSeccomp },
]
