/** DefaultPreemption: which pods of lower priority would have to go, on which node, for a pod to fit. Without effects. */
import type { PodDisruptionBudget } from '../apis/generated/policy-v1.js'
import type { Random } from '../machinery/clock.js'
import { matchesLabels } from '../machinery/selector/index.js'
import { type Diagnosis, explain } from './diagnosis.js'
import type { Filters } from './filters.js'
import type { Cluster, Rejection } from './framework.js'
import type { NodeInfo } from './node-info.js'
import type { Nominator } from './nominator.js'
import type { PodInfo } from './pod-info.js'
import { type Candidate, chooseCandidate, moreImportant } from './preemption-candidates.js'

export interface PreemptionDeps {
  cluster: Cluster
  nominator: Nominator
  random: Random
  /** How many nodes are worth trying: a share of them, and at the least. */
  candidates: { percentage: number; absolute: number }
  budgets(): readonly PodDisruptionBudget[]
}

/** A node to make room on, or why there is none; `keepNomination`: an earlier choice is still being carried out. */
export type PreemptionPlan = { candidate: Candidate } | { message: string; keepNomination: boolean }

const candidatesToFind = (nodes: number, { percentage, absolute }: PreemptionDeps['candidates']): number =>
  Math.min(nodes, Math.max(absolute, Math.trunc((nodes * percentage) / 100)))

const noVictims: Rejection = { reasons: ['No preemption victims found for incoming pod'] }
const notHelpful = 'Preemption is not helpful for scheduling'

function isBeingPreempted({ pod }: PodInfo): boolean {
  const target = pod.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')
  return (
    pod.metadata.deletionTimestamp !== undefined &&
    target?.status === 'True' &&
    target.reason === 'PreemptionByScheduler'
  )
}

/** Why the pod may not preempt now; undefined when it may. */
function ineligible(info: PodInfo, diagnosis: Diagnosis, { cache }: Cluster): string | undefined {
  if (info.pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.'
  const nominated = info.pod.status?.nominatedNodeName
  if (!nominated || diagnosis.rejections.get(nominated)?.unresolvable) return undefined
  const pods = [...(cache.node(nominated)?.pods.values() ?? [])]
  return pods.some(other => other.priority < info.priority && isBeingPreempted(other))
    ? 'not eligible due to a terminating pod on the nominated node.'
    : undefined
}

/** Victims whose budget has no disruption left, taking them in order, and the others. */
export function splitByBudget(victims: readonly PodInfo[], budgets: readonly PodDisruptionBudget[]) {
  const left = budgets.map(({ status }) => status?.disruptionsAllowed ?? 0)
  const violating: PodInfo[] = []
  const others: PodInfo[] = []
  for (const victim of victims) {
    let violates = false
    for (const [i, { metadata, spec, status }] of budgets.entries()) {
      const { name = '', namespace, labels } = victim.pod.metadata
      const { matchLabels, matchExpressions } = spec.selector ?? {}
      const empty = !Object.keys(matchLabels ?? {}).length && !matchExpressions?.length
      if (metadata.namespace !== namespace || empty || !matchesLabels(spec.selector, labels)) continue
      // The API server has counted this one already.
      if (status?.disruptedPods?.[name] !== undefined) continue
      left[i] = (left[i] as number) - 1
      violates ||= (left[i] as number) < 0
    }
    if (violates) violating.push(victim)
    else others.push(victim)
  }
  return { violating, others }
}

/** Takes all lesser pods away, then lets as many stay as can, the most important first. */
function victimsOn(node: NodeInfo, info: PodInfo, base: Filters, deps: PreemptionDeps): Candidate | Rejection {
  const filters = base.clone()
  const copy = node.clone()
  const lesser = [...node.pods.values()].filter(other => other.priority < info.priority)
  if (!lesser.length) return noVictims
  for (const other of lesser) filters.removePod(other, copy)
  const rejection = filters.checkWithNominated(info, copy, deps.nominator)
  if (rejection) return rejection
  const { violating, others } = splitByBudget(lesser.sort(moreImportant), deps.budgets())
  const victims: PodInfo[] = []
  let violations = 0
  for (const other of [...violating, ...others]) {
    filters.addPod(other, copy)
    if (!filters.checkWithNominated(info, copy, deps.nominator)) continue
    filters.removePod(other, copy)
    victims.push(other)
    if (violating.includes(other)) violations++
  }
  return { node: node.name, victims: victims.sort(moreImportant), violations }
}

/** `filters` are those that turned the pod away. */
export function planPreemption(
  info: PodInfo,
  { diagnosis, filters }: { diagnosis: Diagnosis; filters?: Filters },
  deps: PreemptionDeps,
): PreemptionPlan {
  const why = ineligible(info, diagnosis, deps.cluster)
  if (why) return { message: `preemption: ${why}`, keepNomination: true }
  const { cache } = deps.cluster
  const resolvable = (rejection: Rejection | undefined) => rejection !== undefined && !rejection.unresolvable
  const nodes = cache.nodeList().filter(({ name }) => resolvable(diagnosis.rejections.get(name)))
  const found: Candidate[] = []
  const rejections = new Map<string, Rejection>()
  const offset = Math.trunc(deps.random.next() * nodes.length)
  for (let i = 0; filters && i < nodes.length && !enough(found, candidatesToFind(nodes.length, deps.candidates)); i++) {
    const node = nodes[(offset + i) % nodes.length] as NodeInfo
    const result = victimsOn(node, info, filters, deps)
    if ('victims' in result && result.victims.length) found.push(result)
    else rejections.set(node.name, 'reasons' in result ? result : noVictims)
  }
  const best = chooseCandidate(found)
  if (best) return { candidate: best }
  const { totalNodes } = diagnosis
  const message = explain({ totalNodes, rejections, absent: notHelpful, plugins: new Set() }, '')
  return { message: `preemption: ${message}`, keepNomination: false }
}

/** Enough were found, and one of them breaks no budget. */
const enough = (found: readonly Candidate[], wanted: number): boolean =>
  found.length >= wanted && found.some(({ violations }) => violations === 0)
