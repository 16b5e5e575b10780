/** Extenders: services that have a word in filtering, scoring and binding over HTTP, as upstream's HTTPExtender calls them. */
import type { Pod } from '../apis/generated/core-v1.js'
import type { Extender } from './config/types.js'
import { maxNodeScore } from './framework.js'
import type { NodeInfo } from './node-info.js'
import type { PodInfo } from './pod-info.js'
import type { Search } from './select-node.js'

/** POSTs JSON to `<urlPrefix>/<verb>`, with the extender's own TLS settings and time limit; rejects unless it answers 200. */
export type PostToExtender = (extender: Extender, verb: string, body: unknown) => Promise<unknown>

/** Scores of extenders go to ten. */
const maxExtenderScore = 10
const pluginName = 'Extender'

/** Go reads field names whatever their case. */
function field<T>(answer: unknown, name: string): T | undefined {
  const entries = Object.entries((answer ?? {}) as Record<string, T>)
  return entries.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
}

function manages({ managedResources = [] }: Extender, { spec }: Pod): boolean {
  if (!managedResources.length) return true
  const names = new Set(managedResources.map(({ name }) => name))
  return [...spec.containers, ...(spec.initContainers ?? [])].some(({ resources }) =>
    [...Object.keys(resources?.requests ?? {}), ...Object.keys(resources?.limits ?? {})].some(name => names.has(name)),
  )
}

export interface Narrowed extends Search {
  /** What extenders add to the score of a node. */
  extra(node: { name: string }): number
}

export class Extenders {
  constructor(
    private readonly extenders: readonly Extender[],
    private readonly post: PostToExtender = () => Promise.reject(new Error('nobody calls extenders here')),
  ) {}

  /** True when some extender wants to filter or score nodes for the pod. */
  interest = ({ pod }: PodInfo): boolean =>
    this.extenders.some(each => (each.filterVerb || each.prioritizeVerb) && manages(each, pod))

  /** Rejects when one fails that may not be ignored. */
  async narrow(info: PodInfo, search: Search): Promise<Narrowed> {
    const rejections = new Map(search.diagnosis.rejections)
    let { feasible } = search
    for (const extender of this.extenders) {
      if (!feasible.length || !extender.filterVerb || !manages(extender, info.pod)) continue
      try {
        feasible = await this.filter(extender, info, { feasible, rejections })
      } catch (error) {
        if (!extender.ignorable) throw error
      }
    }
    const plugins = new Set(search.diagnosis.plugins)
    if (rejections.size > search.diagnosis.rejections.size) plugins.add(pluginName)
    const totals = await this.prioritize(info, feasible)
    const extra = ({ name }: { name: string }) => totals.get(name) ?? 0
    return { ...search, feasible, diagnosis: { ...search.diagnosis, rejections, plugins }, extra }
  }

  /** Undefined where no extender binds this pod. */
  bind({ pod }: PodInfo, node: string): Promise<void> | undefined {
    const extender = this.extenders.find(each => each.bindVerb && manages(each, pod))
    if (!extender) return undefined
    const { name, namespace, uid } = pod.metadata
    const body = { PodName: name, PodNamespace: namespace, PodUID: uid, Node: node }
    return this.post(extender, extender.bindVerb ?? '', body).then(answer => {
      const problem = field<string>(answer, 'error')
      if (problem) throw new Error(problem)
    })
  }

  private async filter(
    extender: Extender,
    { pod }: PodInfo,
    {
      feasible,
      rejections,
    }: { feasible: readonly NodeInfo[]; rejections: Map<string, { reasons: readonly string[] }> },
  ): Promise<readonly NodeInfo[]> {
    const answer = await this.post(extender, extender.filterVerb ?? '', argumentsOf(extender, pod, feasible))
    const problem = field<string>(answer, 'error')
    if (problem) throw new Error(problem)
    const unresolvable = field<Record<string, string>>(answer, 'failedAndUnresolvableNodes') ?? {}
    for (const [name, reason] of Object.entries(field<Record<string, string>>(answer, 'failedNodes') ?? {}))
      rejections.set(name, { reasons: [reason] })
    for (const [name, reason] of Object.entries(unresolvable))
      rejections.set(name, { reasons: [reason], unresolvable: true } as { reasons: readonly string[] })
    const nodes = field<{ items?: { metadata: { name?: string } }[] }>(answer, 'nodes')
    const names = (extender.nodeCacheCapable && field<string[]>(answer, 'nodeNames')) || undefined
    const kept = names ?? (nodes?.items ?? []).map(({ metadata }) => metadata.name ?? '')
    const known = new Map(feasible.map(node => [node.name, node]))
    return kept.map(name => {
      const node = known.get(name)
      if (node) return node
      const quoted = [extender.urlPrefix, name].map(text => JSON.stringify(text))
      throw new Error(
        `extender ${quoted[0]} claims a filtered node ${quoted[1]} which is not found in the input node list`,
      )
    })
  }

  /** One that fails adds nothing. */
  private async prioritize({ pod }: PodInfo, feasible: readonly NodeInfo[]): Promise<Map<string, number>> {
    const totals = new Map<string, number>()
    if (feasible.length < 2) return totals
    const asked = this.extenders.filter(each => each.prioritizeVerb && manages(each, pod))
    const answers = await Promise.allSettled(
      asked.map(each => this.post(each, each.prioritizeVerb ?? '', argumentsOf(each, pod, feasible))),
    )
    for (const [i, answer] of answers.entries()) {
      if (answer.status === 'rejected') continue
      const weight = (asked[i]?.weight ?? 1) * (maxNodeScore / maxExtenderScore)
      for (const score of (answer.value ?? []) as unknown[]) {
        const host = field<string>(score, 'host') ?? ''
        totals.set(host, (totals.get(host) ?? 0) + (field<number>(score, 'score') ?? 0) * weight)
      }
    }
    return totals
  }
}

const argumentsOf = ({ nodeCacheCapable }: Extender, pod: Pod, nodes: readonly NodeInfo[]) =>
  nodeCacheCapable
    ? { Pod: pod, Nodes: null, NodeNames: nodes.map(({ name }) => name) }
    : { Pod: pod, Nodes: { metadata: {}, items: nodes.map(({ node }) => node) }, NodeNames: null }
