/** Sorts pods by what their metrics are worth for a decision on their number: upstream's groupPods. Pure. */
import { getCondition } from '../../apis/core-v1/pod-status.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { timeOf } from '../pods/state.js'
import type { PodMetric, PodMetrics } from './metrics-client.js'

export interface PodGroups {
  /** How many pods' metrics count as they are. */
  ready: number
  unready: ReadonlySet<string>
  missing: ReadonlySet<string>
  /** On their way out: they count for nothing. */
  ignored: ReadonlySet<string>
}

/** Milliseconds. */
export interface Delays {
  /** After the start of a pod, within which its use of CPU counts only once it is ready. */
  cpuInitialization: number
  /** After the start of a pod, within which a change of readiness counts as its first. */
  initialReadiness: number
}

/** A pod that starts uses more CPU than it will, and one that was never ready says nothing of its load. */
function isCpuUnready({ status }: Pod, metric: PodMetric, now: number, delays: Delays): boolean {
  const ready = getCondition(status, 'Ready')
  if (!ready || !status?.startTime) return true
  const [start, changed] = [timeOf(status.startTime), timeOf(ready.lastTransitionTime)]
  const isFalse = ready.status === 'False'
  if (start + delays.cpuInitialization > now) return isFalse || metric.at < changed + metric.window
  return isFalse && start + delays.initialReadiness > changed
}

export function groupPods(
  pods: readonly Pod[],
  { metrics, resource }: { metrics: PodMetrics; resource: string },
  { now, delays }: { now: number; delays: Delays },
): PodGroups {
  const [unready, missing, ignored] = [new Set<string>(), new Set<string>(), new Set<string>()]
  let ready = 0
  for (const pod of pods) {
    const name = pod.metadata.name ?? ''
    const metric = metrics.get(name)
    if (pod.metadata.deletionTimestamp || pod.status?.phase === 'Failed') ignored.add(name)
    else if (pod.status?.phase === 'Pending') unready.add(name)
    else if (!metric) missing.add(name)
    else if (resource === 'cpu' && isCpuUnready(pod, metric, now, delays)) unready.add(name)
    else ready++
  }
  return { ready, unready, missing, ignored }
}
