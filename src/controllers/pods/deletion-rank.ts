/**
 * Which pods a controller parts with first: upstream's ActivePodsWithRanks. In this order: unscheduled before scheduled,
 * Pending before Unknown before Running, not ready before ready, lower deletion cost, more related pods on its node, ready
 * for a shorter time, more restarts, younger. Times are compared by the logarithm of the age, ties broken by uid.
 */
import type { Pod } from '../../apis/generated/core-v1.js'
import { isPodActive, isPodReady, readySince, timeOf } from './state.js'

const deletionCost = 'controller.kubernetes.io/pod-deletion-cost'
const phaseOrdinal: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 }

/** A comparison: negative when `a` is to go before `b`. */
type Order = (a: Ranked, b: Ranked) => number

interface Ranked {
  pod: Pod
  ready: boolean
  /** Related pods on the same node. */
  rank: number
  cost: number
}

/** An int32 without leading zeros or plus sign; anything else counts as zero, as upstream treats invalid values. */
function costOf(pod: Pod): number {
  const text = pod.metadata.annotations?.[deletionCost]
  if (text === undefined || !/^(0|-?[1-9]\d*)$/.test(text)) return 0
  const cost = Number(text)
  return Math.abs(cost) < 2 ** 31 ? cost : 0
}

function restartsOf(pod: Pod): [regular: number, sidecar: number] {
  const sidecars = new Set(pod.spec.initContainers?.filter(c => c.restartPolicy === 'Always').map(c => c.name))
  const most = (counts: number[]) => Math.max(0, ...counts)
  return [
    most(pod.status?.containerStatuses?.map(s => s.restartCount) ?? []),
    most(pod.status?.initContainerStatuses?.filter(s => sidecars.has(s.name)).map(s => s.restartCount) ?? []),
  ]
}

/** The younger goes first; ages within the same power of two (of nanoseconds) count as equal and fall to the uid. */
function byAge(a: Ranked, b: Ranked, [timeA, timeB]: [number, number], now: number): number {
  if (timeA === timeB || (Number.isNaN(timeA) && Number.isNaN(timeB))) return 0
  if (Number.isNaN(timeA)) return -1
  if (Number.isNaN(timeB)) return 1
  const magnitude = (time: number) => (now > time ? Math.floor(Math.log2((now - time) * 1e6)) : -1)
  return magnitude(timeA) - magnitude(timeB) || ((a.pod.metadata.uid ?? '') < (b.pod.metadata.uid ?? '') ? -1 : 1)
}

const ordersAt = (now: number): Order[] => [
  (a, b) => Number(Boolean(a.pod.spec.nodeName)) - Number(Boolean(b.pod.spec.nodeName)),
  (a, b) => (phaseOrdinal[a.pod.status?.phase ?? ''] ?? 0) - (phaseOrdinal[b.pod.status?.phase ?? ''] ?? 0),
  (a, b) => Number(a.ready) - Number(b.ready),
  (a, b) => a.cost - b.cost,
  (a, b) => b.rank - a.rank,
  (a, b) => (a.ready && b.ready ? byAge(a, b, [readySince(a.pod), readySince(b.pod)], now) : 0),
  (a, b) => {
    const [regularA, sidecarA] = restartsOf(a.pod)
    const [regularB, sidecarB] = restartsOf(b.pod)
    return regularB - regularA || sidecarB - sidecarA
  },
  (a, b) => byAge(a, b, [timeOf(a.pod.metadata.creationTimestamp), timeOf(b.pod.metadata.creationTimestamp)], now),
]

/** The `count` pods to delete. `related` are the pods that share the work, such as those of all revisions of a Deployment. */
export function podsToDelete(pods: readonly Pod[], related: readonly Pod[], count: number, now: number): Pod[] {
  if (count === 0) return []
  if (count >= pods.length) return [...pods]
  const perNode = new Map<string, number>()
  for (const { spec } of related.filter(isPodActive))
    perNode.set(spec.nodeName ?? '', (perNode.get(spec.nodeName ?? '') ?? 0) + 1)
  const ranked = pods.map(pod => ({
    pod,
    ready: isPodReady(pod),
    rank: perNode.get(pod.spec.nodeName ?? '') ?? 0,
    cost: costOf(pod),
  }))
  const orders = ordersAt(now)
  ranked.sort((a, b) => {
    for (const order of orders) {
      const result = order(a, b)
      if (result !== 0) return result
    }
    return 0
  })
  return ranked.slice(0, count).map(r => r.pod)
}
