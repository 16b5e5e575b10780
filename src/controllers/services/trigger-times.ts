/** When the change happened that made endpoints change: upstream's TriggerTimeTracker, for measuring how long it took. */
import { getCondition } from '../../apis/core-v1/pod-status.js'
import type { Pod, Service } from '../../apis/generated/core-v1.js'

interface Seen {
  service: string
  pods: Map<string, string>
}

export class TriggerTimes {
  private readonly seen = new Map<string, Seen>()

  /** The earliest change of service or pods since the last call for this key; undefined where there was none. */
  next(key: string, service: Service, pods: readonly Pod[]): string | undefined {
    const before = this.seen.get(key)
    const now: Seen = { service: service.metadata.creationTimestamp ?? '', pods: new Map() }
    const changes: string[] = []
    for (const pod of pods) {
      const time = getCondition(pod.status, 'Ready')?.lastTransitionTime ?? ''
      now.pods.set(pod.metadata.name ?? '', time)
      if (time > (before?.pods.get(pod.metadata.name ?? '') ?? '')) changes.push(time)
    }
    if (now.service > (before?.service ?? '')) changes.push(now.service)
    this.seen.set(key, now)
    return changes.sort()[0]
  }

  forget = (key: string): void => void this.seen.delete(key)
}
