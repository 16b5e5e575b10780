/** Which daemon pods to create and delete: to have one on each node, and to bring them to today's template. Pure. */
import type { DaemonSet, DaemonSetStatus } from '../../apis/generated/apps-v1.js'
import type { Node, Pod } from '../../apis/generated/core-v1.js'
import { scaledValue } from '../../machinery/int-or-string.js'
import { isPodAvailable, isPodReady } from '../pods/state.js'
import { eligibility, isUpdated } from './eligible.js'

/** A DaemonSet with the nodes there are and its pods on each. */
export interface Daemons {
  daemonSet: DaemonSet
  nodes: readonly Node[]
  podsOn: ReadonlyMap<string, readonly Pod[]>
  /** Of today's template. */
  hash: string
  now: number
}

export interface DaemonPlan {
  /** Names of nodes that need a pod. */
  create: string[]
  remove: Pod[]
  /** Ended pods, to be reported and removed, the failed ones after a back-off. */
  ended: { pod: Pod; node: string }[]
}

const alive = (pods: readonly Pod[]) => pods.filter(p => !p.metadata.deletionTimestamp)

/** Scheduled ones first, then the oldest. */
const bySeniority = (a: Pod, b: Pod): number =>
  Number(!a.spec.nodeName) - Number(!b.spec.nodeName) ||
  compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
  compare(a.metadata.name, b.metadata.name)
const compare = (a = '', b = '') => (a < b ? -1 : a > b ? 1 : 0)

const rolling = ({ spec }: DaemonSet) =>
  spec.updateStrategy?.type === 'RollingUpdate' ? spec.updateStrategy.rollingUpdate : undefined
const surgeOf = (daemonSet: DaemonSet, desired: number) => scaledValue(rolling(daemonSet)?.maxSurge ?? 0, desired, 'up')

export function planNodes(daemons: Daemons): DaemonPlan {
  const { daemonSet, nodes, podsOn } = daemons
  const plan: DaemonPlan = { create: [], remove: [], ended: [] }
  for (const node of nodes) planNode(node, daemons, plan)
  // Pods for nodes that are gone, and which were never placed, wait for nothing.
  const known = new Set(nodes.map(n => n.metadata.name))
  for (const [name, pods] of podsOn)
    if (!known.has(name))
      plan.remove.push(...pods.filter(p => !p.spec.nodeName && p.metadata.namespace === daemonSet.metadata.namespace))
  return plan
}

function planNode(node: Node, daemons: Daemons, plan: DaemonPlan): void {
  const { name = '' } = node.metadata
  const pods = daemons.podsOn.get(name) ?? []
  const { shouldRun, shouldContinue } = eligibility(daemons.daemonSet, node)
  if (!shouldContinue) {
    plan.remove.push(...alive(pods))
    return
  }
  if (pods.length === 0) {
    if (shouldRun) plan.create.push(name)
    return
  }
  const isEnded = ({ status }: Pod) => status?.phase === 'Failed' || status?.phase === 'Succeeded'
  plan.ended.push(
    ...alive(pods)
      .filter(isEnded)
      .map(pod => ({ pod, node: name })),
  )
  const running = alive(pods)
    .filter(p => !isEnded(p))
    .sort(bySeniority)
  if (surgeOf(daemons.daemonSet, 1) === 0) plan.remove.push(...running.slice(1))
  else if (running.length === 0 && shouldRun) plan.create.push(name)
  else if (running.length > 1) plan.remove.push(...surplusOfSurge(running, daemons))
}

/** While surging there may be one old and one new pod; the old one goes when the new one can take over. */
function surplusOfSurge(running: readonly Pod[], { daemonSet, hash, now }: Daemons): Pod[] {
  const [newest] = running.filter(p => isUpdated(daemonSet, p, hash))
  const [old] = running.filter(p => !isUpdated(daemonSet, p, hash))
  const surplus = running.filter(p => p !== newest && p !== old)
  const replaced =
    newest && old && (!isPodReady(old) || isPodAvailable(newest, daemonSet.spec.minReadySeconds ?? 0, now))
  return replaced ? [...surplus, old] : surplus
}

/** The next step of a rolling update, with all pods in place. */
export function planUpdate(daemons: Daemons): { create: string[]; remove: Pod[] } {
  const { daemonSet, nodes } = daemons
  if (daemonSet.spec.updateStrategy?.type !== 'RollingUpdate') return { create: [], remove: [] }
  const desired = nodes.filter(n => eligibility(daemonSet, n).shouldRun).length
  const surge = surgeOf(daemonSet, desired)
  if (surge > 0) return planSurge(daemons, desired, surge)
  const unavailable = scaledValue(rolling(daemonSet)?.maxUnavailable ?? 1, desired, 'up')
  // Rounding must not bring the update to a standstill.
  return { create: [], remove: planReplacements(daemons, Math.max(unavailable, 1)) }
}

/** Old and new pod of a node; undefined where there are several of one. */
function pairOn(pods: readonly Pod[], { daemonSet, hash }: Daemons): { updated?: Pod; old?: Pod } | undefined {
  const updated = alive(pods).filter(p => isUpdated(daemonSet, p, hash))
  const old = alive(pods).filter(p => !isUpdated(daemonSet, p, hash))
  return updated.length > 1 || old.length > 1 ? undefined : { updated: updated[0], old: old[0] }
}

const availability =
  ({ daemonSet, now }: Daemons) =>
  (pod: Pod) =>
    isPodAvailable(pod, daemonSet.spec.minReadySeconds ?? 0, now)

/** Old pods that serve nobody go at once, others as far as the limit allows. */
function planReplacements(daemons: Daemons, maxUnavailable: number): Pod[] {
  const available = availability(daemons)
  const broken: Pod[] = []
  const candidates: Pod[] = []
  let missing = 0
  for (const pods of daemons.podsOn.values()) {
    const { updated, old } = pairOn(pods, daemons) ?? {}
    if (Boolean(updated) === Boolean(old)) missing++
    else if (updated) missing += available(updated) ? 0 : 1
    else if (old && available(old)) candidates.push(old)
    else if (old) {
      broken.push(old)
      missing++
    }
  }
  return [...broken, ...candidates.slice(0, Math.max(0, maxUnavailable - missing))]
}

/** New pods start beside the old ones, as many at a time as the surge allows. */
function planSurge(daemons: Daemons, desired: number, maxSurge: number): { create: string[]; remove: Pod[] } {
  const available = availability(daemons)
  const nodes = new Map(daemons.nodes.map(n => [n.metadata.name ?? '', n]))
  const remove: Pod[] = []
  const sunset: Pod[] = []
  const urgent: string[] = []
  const candidates: string[] = []
  let surging = 0
  let serving = 0
  for (const [name, pods] of daemons.podsOn) {
    const pair = pairOn(pods, daemons)
    if (!pair) {
      surging++
      continue
    }
    const { updated, old } = pair
    const leading = old ?? updated
    if (leading && available(leading)) serving++
    if (!old) continue
    if (updated) {
      if (available(updated)) remove.push(old)
      else surging++
      continue
    }
    const node = nodes.get(name)
    const stays = node !== undefined && eligibility(daemons.daemonSet, node).shouldRun
    if (available(old)) stays ? candidates.push(name) : sunset.push(old)
    else stays ? urgent.push(name) : remove.push(old)
  }
  remove.push(...sunset.slice(0, Math.max(0, serving - desired)))
  return { create: [...urgent, ...candidates.slice(0, Math.max(0, maxSurge - surging))], remove }
}

export function planStatus(daemons: Daemons, collisionCount: number | undefined): DaemonSetStatus {
  const { daemonSet, nodes, podsOn, hash } = daemons
  const available = availability(daemons)
  const count = { desired: 0, current: 0, misscheduled: 0, ready: 0, updated: 0, available: 0 }
  for (const node of nodes) {
    const [pod] = [...(podsOn.get(node.metadata.name ?? '') ?? [])].sort(bySeniority)
    if (!eligibility(daemonSet, node).shouldRun) {
      if (pod) count.misscheduled++
      continue
    }
    count.desired++
    if (!pod) continue
    count.current++
    if (isPodReady(pod)) count.ready++
    if (available(pod)) count.available++
    if (isUpdated(daemonSet, pod, hash)) count.updated++
  }
  return {
    ...daemonSet.status,
    desiredNumberScheduled: count.desired,
    currentNumberScheduled: count.current,
    numberMisscheduled: count.misscheduled,
    numberReady: count.ready,
    // Zero is left out, as on the wire of a Go server.
    ...positive({
      updatedNumberScheduled: count.updated,
      numberAvailable: count.available,
      numberUnavailable: count.desired - count.available,
    }),
    ...(collisionCount !== undefined && { collisionCount }),
    observedGeneration: daemonSet.metadata.generation ?? 0,
  }
}

const positive = (counts: Record<string, number>): Record<string, number | undefined> =>
  Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, value > 0 ? value : undefined]))
