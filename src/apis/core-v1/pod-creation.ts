/** What the API server adds to a pod at its creation. */
import { formatTime } from '../../machinery/clock.js'
import type { AppArmorProfile, Pod } from '../generated/core-v1.js'
import { computeQosClass } from './pod-qos.js'
import { appArmorAnnotationPrefix } from './pod-spec/annotations.js'
import { dropDisabledPodFields } from './pod-spec/disabled-fields.js'
import { mergeLabelKeysOfPod } from './pod-spec/label-keys.js'
import { validateAppArmorProfile } from './pod-spec/security/profiles.js'
import { visitContainers } from './pod-spec/visit-containers.js'

const localhost = 'localhost/'

function profileOf(annotation: string): AppArmorProfile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' }
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' }
  const file = annotation.startsWith(localhost) ? annotation.slice(localhost.length) : ''
  return file ? { type: 'Localhost', localhostProfile: file } : undefined
}

const isSame = (a: AppArmorProfile, b: AppArmorProfile | undefined) =>
  a.type === b?.type && a.localhostProfile === b?.localhostProfile

/** Clients of old name AppArmor profiles in annotations: their fields are filled in from these. */
function syncAppArmor({ metadata, spec }: Pod): void {
  if (spec.os?.name === 'windows' || !metadata.annotations) return
  for (const { container } of visitContainers(spec, '')) {
    const annotation = metadata.annotations[appArmorAnnotationPrefix + container.name]
    if (annotation === undefined || container.securityContext?.appArmorProfile) continue
    const profile = profileOf(annotation)
    if (!profile || [...validateAppArmorProfile(profile, '')].length) continue
    if (isSame(profile, spec.securityContext?.appArmorProfile)) continue
    container.securityContext ??= {}
    container.securityContext.appArmorProfile = profile
  }
}

/** The pod starts Pending; `now` is in milliseconds. */
export function preparePodForCreate(pod: Pod, now: number): void {
  dropDisabledPodFields(pod.spec, undefined)
  pod.status = { phase: 'Pending', qosClass: computeQosClass(pod) }
  if (pod.spec.schedulingGates?.length)
    pod.status.conditions = [
      {
        type: 'PodScheduled',
        status: 'False',
        lastTransitionTime: formatTime(now),
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ]
  mergeLabelKeysOfPod(pod)
  syncAppArmor(pod)
}
