/** Measurements by pod. Pure. */
import type { PodRef } from '../runtime/types.js'
import type { Measured } from './stats-provider.js'

export interface MeasuredPod {
  ref: PodRef
  /** The sandbox among them. */
  members: readonly Measured[]
}

export function podsOf(containers: readonly Measured[]): MeasuredPod[] {
  const pods = new Map<string, { ref: PodRef; members: Measured[] }>()
  for (const measured of containers) {
    const { pod } = measured.status
    const found = pods.get(pod.uid) ?? { ref: pod, members: [] }
    pods.set(pod.uid, found)
    found.members.push(measured)
  }
  return [...pods.values()]
}

/** The pod's network is that of its sandbox. */
export const sandboxOf = ({ members }: MeasuredPod): Measured | undefined =>
  members.find(({ status }) => status.type === 'sandbox')
