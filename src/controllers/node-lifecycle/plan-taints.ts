/** The taints that follow from a node's conditions. Pure. */
import type { Node, Taint } from '../../apis/generated/core-v1.js'
import { formatTime } from '../../machinery/clock.js'

export const notReadyTaint = 'node.kubernetes.io/not-ready'
export const unreachableTaint = 'node.kubernetes.io/unreachable'
const unschedulableTaint = 'node.kubernetes.io/unschedulable'

const taintOfCondition: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: notReadyTaint, Unknown: unreachableTaint },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
}

const ours = new Set([
  unschedulableTaint,
  ...Object.values(taintOfCondition).flatMap(byStatus => Object.values(byStatus)),
])

/** Whether pods are to be driven off: `keep` leaves the NoExecute taints that are there, but adds none. */
export type Eviction = 'evict' | 'keep' | 'none'

const readyStatus = ({ status }: Node) => status?.conditions?.find(c => c.type === 'Ready')?.status

/** The NoExecute taint of a node that is not ready. */
export const evictionTaint = (node: Node): string | undefined => taintOfCondition.Ready?.[readyStatus(node) ?? '']

export const isTaintedForEviction = (node: Node): boolean =>
  node.spec?.taints?.some(t => t.effect === 'NoExecute' && t.key === evictionTaint(node)) === true

/** A different NoExecute taint is there: it is swapped at once, without asking the limits. */
export const mustSwap = (node: Node): boolean =>
  node.spec?.taints?.some(
    t =>
      t.effect === 'NoExecute' &&
      (t.key === notReadyTaint || t.key === unreachableTaint) &&
      t.key !== evictionTaint(node),
  ) === true

/** The node's taints as they should be; undefined where nothing changes. Taints of others are kept. */
export function planTaints(node: Node, eviction: Eviction, now: number): Taint[] | undefined {
  const present = node.spec?.taints ?? []
  const wanted: Taint[] = [...noSchedule(node), ...noExecute(node, eviction)]
  const isWanted = (t: Taint) => wanted.some(w => w.key === t.key && w.effect === t.effect)
  const kept = present.filter(t => !isOurs(t) || isWanted(t))
  const missing = wanted.filter(w => !present.some(t => t.key === w.key && t.effect === w.effect))
  if (missing.length === 0 && kept.length === present.length) return undefined
  return [...kept, ...missing.map(t => ({ ...t, timeAdded: formatTime(now) }))]
}

const isOurs = ({ key, effect }: Taint) =>
  (effect === 'NoSchedule' && ours.has(key)) ||
  (effect === 'NoExecute' && (key === notReadyTaint || key === unreachableTaint))

function noSchedule({ spec, status }: Node): Taint[] {
  const keys = (status?.conditions ?? [])
    .map(c => taintOfCondition[c.type]?.[c.status])
    .filter((key): key is string => key !== undefined)
  if (spec?.unschedulable) keys.push(unschedulableTaint)
  return keys.map(key => ({ key, effect: 'NoSchedule' }))
}

function noExecute(node: Node, eviction: Eviction): Taint[] {
  const key = evictionTaint(node)
  const add = eviction === 'evict' || (eviction === 'keep' && isTaintedForEviction(node))
  return key && add ? [{ key, effect: 'NoExecute' }] : []
}
