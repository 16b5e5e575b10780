/** Asks the scheduler's own framework about one pod and every node, and keeps what each plugin says. Writes nothing. */
import type { Pod } from '../../apis/generated/core-v1.js'
import type { ObjectKey } from '../../machinery/object-meta.js'
import type { SchedulerSettings } from '../config/settings.js'
import type { Diagnosis } from '../diagnosis.js'
import { Extenders, type PostToExtender } from '../extenders.js'
import { Filters, type Verdict } from '../filters.js'
import type { NodeInfo } from '../node-info.js'
import { isActive, newPodInfo, type PodInfo } from '../pod-info.js'
import { planPreemption } from '../preemption.js'
import { newProfile, type Profile } from '../profiles/profile.js'
import { newStrategies } from '../profiles/strategies.js'
import { feasibleNodesToFind, NodeSelector } from '../select-node.js'
import type { Explanation, NodeExplanation, PluginScore, Refusal } from './explanation.js'
import { type Snapshot, type SnapshotDeps, takeSnapshot } from './snapshot.js'

export interface ExplainDeps extends SnapshotDeps {
  /** As of the scheduler that runs; default: the default profile alone, and the strategies. */
  settings?: SchedulerSettings | undefined
  /** Calls extenders; required where the settings name some. */
  post?: PostToExtender | undefined
}

/** The pod as it would come to the scheduler: what an earlier decision left on it is gone. */
function unbound(pod: Pod): Pod {
  const { nodeName, ...spec } = pod.spec
  const { nominatedNodeName, ...status } = pod.status ?? {}
  return nodeName ? { ...pod, spec, status } : pod
}

function profileOf(name: string, settings: SchedulerSettings | undefined): Profile {
  const profiles = [...(settings?.profiles ?? [newProfile({})]), ...newStrategies()]
  const found = profiles.find(profile => profile.name === name)
  if (found) return found
  const known = [...new Set(profiles.map(profile => profile.name))].join(', ')
  throw new Error(`no profile is called ${JSON.stringify(name)}; there are ${known}`)
}

function notesOf(pod: Pod, profile: Profile, nodes: number): string[] {
  const gates = pod.spec.nodeName ? [] : (pod.spec.schedulingGates ?? []).map(({ name }) => name)
  const nominated = pod.spec.nodeName ? undefined : pod.status?.nominatedNodeName
  const wanted = feasibleNodesToFind(nodes, profile.percentageOfNodesToScore)
  return [
    ...(gates.length ? [`It is held back by scheduling gates: ${gates.join(', ')}.`] : []),
    ...(pod.metadata.deletionTimestamp ? ['It is being deleted: it gets no node any more.'] : []),
    ...(isActive(pod) ? [] : ['It has ended: it gets no node any more.']),
    ...(nominated ? [`Preemption made room on ${nominated}, which is taken if it fits.`] : []),
    ...(profile.batch ? [`${profile.name} decides about pods that wait together; this is the pod alone.`] : []),
    ...(profile.firstFit === 'first' ? ['The first node that fits is taken, without scores.'] : []),
    ...(profile.firstFit === 'next' ? ['The next node in turn that fits is taken, without scores.'] : []),
    ...(!profile.firstFit && wanted < nodes
      ? [`Of ${nodes} nodes the scheduler scores the first ${wanted} that fit; here are all.`]
      : []),
  ]
}

const refusalOf = ({ plugin, reasons }: Verdict): Refusal => ({ plugin, reasons })

interface Question {
  info: PodInfo
  profile: Profile
  snapshot: Snapshot
  deps: ExplainDeps
}

/** What filters and extenders make of all nodes. */
interface Sieved {
  feasible: readonly NodeInfo[]
  refusals: ReadonlyMap<string, readonly Refusal[]>
  diagnosis: Diagnosis
  extra?: (node: { name: string }) => number
}

async function sieve(filters: Filters, { info, snapshot, deps }: Question): Promise<Sieved> {
  const { cluster, nominator } = snapshot
  const nodes = cluster.cache.nodeList()
  const rejections = new Map<string, Verdict>()
  const refusals = new Map<string, Refusal[]>()
  const turnAway = (node: string, verdicts: readonly [Verdict, ...Verdict[]]) => {
    rejections.set(node, verdicts[0])
    refusals.set(node, verdicts.map(refusalOf))
  }
  for (const node of nodes) {
    const [first, ...others] = filters.checkAll(node)
    const verdict = first ?? filters.checkWithNominated(info, node, nominator)
    if (verdict) turnAway(node.name, [verdict, ...others])
  }
  const feasible = nodes.filter(({ name }) => !rejections.has(name))
  const diagnosis = { totalNodes: nodes.length, rejections, plugins: new Set<string>() }
  const extenders = new Extenders(deps.settings?.extenders ?? [], deps.post)
  if (!feasible.length || !extenders.interest(info)) return { feasible, refusals, diagnosis }
  const narrowed = await extenders.narrow(info, { feasible, evaluated: nodes.length, diagnosis, filters })
  for (const { name } of feasible) {
    if (narrowed.feasible.some(node => node.name === name)) continue
    const reasons = narrowed.diagnosis.rejections.get(name)?.reasons ?? ['not among the nodes that it let through']
    turnAway(name, [{ plugin: 'Extender', reasons }])
  }
  return { feasible: narrowed.feasible, refusals, diagnosis: narrowed.diagnosis, extra: narrowed.extra }
}

/** By node, in the order of `feasible`. */
function scoresOf({ feasible, extra }: Sieved, { info, profile, snapshot, deps }: Question): PluginScore[][] {
  const byNode: PluginScore[][] = feasible.map(() => [])
  if (profile.firstFit || !feasible.length) return byNode
  const selector = new NodeSelector({ ...snapshot, profile, random: deps.random })
  let raw: readonly number[] = []
  const keepRaw = (scores: readonly number[]) => {
    raw = scores
  }
  for (const { name: plugin, weight, scores } of selector.scores(info, feasible, keepRaw))
    for (const [i, normalized] of scores.entries())
      byNode[i]?.push({ plugin, raw: raw[i] ?? 0, normalized, weight, score: normalized * weight })
  if (extra)
    for (const [i, node] of feasible.entries()) {
      const score = extra(node)
      byNode[i]?.push({ plugin: 'Extender', raw: score, normalized: score, weight: 1, score })
    }
  return byNode
}

function preemptionOf(sieved: Sieved, filters: Filters, { info, profile, snapshot, deps }: Question) {
  if (sieved.feasible.length || !profile.preemption) return undefined
  const plan = planPreemption(
    info,
    { diagnosis: sieved.diagnosis, filters },
    { ...snapshot, candidates: profile.preemption, budgets: () => snapshot.budgets, random: deps.random },
  )
  if ('message' in plan) return { message: plan.message }
  return { node: plan.candidate.node, victims: plan.candidate.victims.map(({ key }) => key) }
}

async function judge(question: Question): Promise<Pick<Explanation, 'refused' | 'nodes' | 'best' | 'preemption'>> {
  const { info, profile, snapshot } = question
  const filters = Filters.prepare(info, profile.filters, snapshot.cluster)
  if (!(filters instanceof Filters))
    return { refused: { plugin: filters.plugin, reasons: [filters.refused] }, nodes: [], best: [] }
  const sieved = await sieve(filters, question)
  const scores = scoresOf(sieved, question)
  const fitting = sieved.feasible.map(({ name }, i): NodeExplanation => {
    const own = scores[i] ?? []
    const total = own.reduce((sum, { score }) => sum + score, 0)
    return { node: name, fits: true, refusals: [], scores: own, total }
  })
  fitting.sort((a, b) => b.total - a.total)
  const refused = [...sieved.refusals].map(
    ([node, refusals]): NodeExplanation => ({ node, fits: false, refusals, scores: [], total: 0 }),
  )
  const best = profile.firstFit ? [] : fitting.filter(({ total }) => total === fitting[0]?.total)
  const preemption = preemptionOf(sieved, filters, question)
  const names = best.map(({ node }) => node)
  return { nodes: [...fitting, ...refused], best: names, ...(preemption && { preemption }) }
}

/** Undefined where there is no such pod. Rejects when the server refuses a list, and for a pod of a profile that is not known. */
export async function explainPod(key: ObjectKey, deps: ExplainDeps): Promise<Explanation | undefined> {
  const snapshot = await takeSnapshot(key, deps)
  const { pod } = snapshot
  if (!pod) return undefined
  const info = newPodInfo(unbound(pod))
  const profile = profileOf(info.schedulerName, deps.settings)
  const notes = notesOf(pod, profile, snapshot.cluster.cache.nodeList().length)
  const { nodeName } = pod.spec
  return {
    pod: info.key,
    scheduler: profile.name,
    question: nodeName ? 'rescheduling' : 'placement',
    ...(nodeName && { boundTo: nodeName }),
    notes,
    ...(await judge({ info, profile, snapshot, deps })),
  }
}
