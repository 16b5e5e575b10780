/**
 * Which pods a controller parts with first: upstream's ActivePodsWithRanks. In this order: unscheduled before scheduled,
 * Pending before Unknown before Running, not ready before ready, lower deletion cost, more related pods on its node, ready
 * for a shorter time, more restarts, younger. Times are compared by the logarithm of the age, ties broken by uid.
 */
import type { ContainerStatus, Pod } from '../../apis/generated/core-v1.js'
import { isPodActive, isPodReady, readySince, timeOf } from './state.js'

const deletionCost = 'controller.kubernetes.io/pod-deletion-cost'
const phaseOrdinal: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 }

/** A comparison: negative when `a` is to go before `b`. */
type Order = (a: Ranked, b: Ranked) => number

/** Worked out once a pod: each is compared many times. */
interface Ranked {
  pod: Pod
  scheduled: boolean
  phase: number
  ready: boolean
  /** Related pods on the same node. */
  rank: number
  cost: number
  /** Milliseconds since the epoch, NaN where there is none: when its readiness changed, and when it was made. */
  readySince: number
  created: number
  restarts: Restarts
}

interface Restarts {
  regular: number
  sidecar: number
}

/** An int32 without leading zeros or plus sign; anything else counts as zero, as upstream treats invalid values. */
function costOf(pod: Pod): number {
  const text = pod.metadata.annotations?.[deletionCost]
  if (text === undefined || !/^(0|-?[1-9]\d*)$/.test(text)) return 0
  const cost = Number(text)
  return Math.abs(cost) < 2 ** 31 ? cost : 0
}

const mostRestarts = (statuses: readonly ContainerStatus[] = []): number =>
  statuses.reduce((most, { restartCount }) => Math.max(most, restartCount), 0)

function restartsOf({ spec, status }: Pod): Restarts {
  const sidecars = spec.initContainers?.filter(c => c.restartPolicy === 'Always')
  const ofSidecars = sidecars?.length
    ? status?.initContainerStatuses?.filter(s => sidecars.some(({ name }) => name === s.name))
    : []
  return { regular: mostRestarts(status?.containerStatuses), sidecar: mostRestarts(ofSidecars) }
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
  (a, b) => Number(a.scheduled) - Number(b.scheduled),
  (a, b) => a.phase - b.phase,
  (a, b) => Number(a.ready) - Number(b.ready),
  (a, b) => a.cost - b.cost,
  (a, b) => b.rank - a.rank,
  (a, b) => (a.ready && b.ready ? byAge(a, b, [a.readySince, b.readySince], now) : 0),
  (a, b) => b.restarts.regular - a.restarts.regular || b.restarts.sidecar - a.restarts.sidecar,
  (a, b) => byAge(a, b, [a.created, b.created], now),
]

/** The `count` pods to delete. `related` are the pods that share the work, such as those of all revisions of a Deployment. */
export function podsToDelete(pods: readonly Pod[], related: readonly Pod[], count: number, now: number): Pod[] {
  if (count === 0) return []
  if (count >= pods.length) return [...pods]
  const perNode = new Map<string, number>()
  for (const { spec } of related.filter(isPodActive))
    perNode.set(spec.nodeName ?? '', (perNode.get(spec.nodeName ?? '') ?? 0) + 1)
  const ranked = pods.map(
    (pod): Ranked => ({
      pod,
      scheduled: Boolean(pod.spec.nodeName),
      phase: phaseOrdinal[pod.status?.phase ?? ''] ?? 0,
      ready: isPodReady(pod),
      rank: perNode.get(pod.spec.nodeName ?? '') ?? 0,
      cost: costOf(pod),
      readySince: readySince(pod),
      created: timeOf(pod.metadata.creationTimestamp),
      restarts: restartsOf(pod),
    }),
  )
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
