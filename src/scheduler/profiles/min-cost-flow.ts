/**
 * Batch by min-cost max-flow, as Firmament does it: pods that ask for the same flow together from the source through their
 * class to the nodes that fit, and on to the sink. As many as can are placed, at the least total cost; each further pod on
 * one node costs more, so that load is evened out.
 */
import { stringifyJson } from '../../machinery/json/stringify.js'
import { maxNodeScore } from '../framework.js'
import type { NodeInfo } from '../node-info.js'
import type { PodInfo } from '../pod-info.js'
import type { ResourceAmounts } from '../resource-amounts.js'
import type { BatchPlanner } from './batch.js'
import { FlowNetwork } from './flow-network.js'

/** What every further pod on the same node costs. */
const crowding = 10

/** Pods that any node rates alike. */
interface PodClass {
  pods: PodInfo[]
  first: PodInfo
}

function classesOf(pods: readonly PodInfo[]): PodClass[] {
  const classes = new Map<string, PodClass>()
  for (const info of pods) {
    const { spec, metadata } = info.pod
    const key = stringifyJson([info.namespace, metadata.labels, { ...spec, volumes: undefined, hostname: undefined }])
    const known = classes.get(key)
    if (known) known.pods.push(info)
    else classes.set(key, { pods: [info], first: info })
  }
  return [...classes.values()]
}

/** How often the request fits into what is free. */
function timesFitting(requests: ResourceAmounts, { allocatable, requested, allowedPods, pods }: NodeInfo): number {
  const times = (wanted: number, free: number) => (wanted ? Math.floor(free / wanted) : Number.POSITIVE_INFINITY)
  const free = [
    allowedPods - pods.size,
    times(requests.milliCpu, allocatable.milliCpu - requested.milliCpu),
    times(requests.memory, allocatable.memory - requested.memory),
    times(requests.ephemeralStorage, allocatable.ephemeralStorage - requested.ephemeralStorage),
  ]
  for (const [name, wanted] of requests.scalars ?? [])
    free.push(times(wanted, allocatable.scalar(name) - requested.scalar(name)))
  return Math.max(0, Math.min(...free))
}

/** The share of the node that one pod takes, so that pods of several classes share its capacity. */
function slotsOf(node: NodeInfo, classes: readonly PodClass[]): number {
  const fits = classes.map(({ first }) => timesFitting(first.requests, node)).filter(times => times > 0)
  return fits.length ? Math.min(...fits) : 0
}

interface Choice {
  arc: number
  node: string
  podClass: PodClass
}

function buildNetwork(
  classes: readonly PodClass[],
  nodes: readonly NodeInfo[],
  rate: Parameters<BatchPlanner>[0]['rate'],
) {
  const network = new FlowNetwork()
  const [source, sink] = [network.vertex(), network.vertex()]
  const choices: Choice[] = []
  const vertices = classes.map(podClass => {
    const at = network.vertex()
    network.arc(source, at, { capacity: podClass.pods.length, cost: 0 })
    return { podClass, at, rate: rate(podClass.first) }
  })
  for (const node of nodes) {
    const fitting = vertices.flatMap(vertex => {
      const score = vertex.rate(node)
      const capacity = Math.min(vertex.podClass.pods.length, timesFitting(vertex.podClass.first.requests, node))
      return score === undefined || !capacity ? [] : [{ ...vertex, score, capacity }]
    })
    if (!fitting.length) continue
    const place = network.vertex()
    for (const { at, podClass, score, capacity } of fitting) {
      const arc = network.arc(at, place, { capacity, cost: maxNodeScore - score })
      choices.push({ arc, node: node.name, podClass })
    }
    const wanted = fitting.reduce((sum, { podClass }) => sum + podClass.pods.length, 0)
    const slots = Math.min(
      wanted,
      slotsOf(
        node,
        fitting.map(({ podClass }) => podClass),
      ),
    )
    for (let i = 0; i < slots; i++) network.arc(place, sink, { capacity: 1, cost: i * crowding })
  }
  return { network, source, sink, choices }
}

/** Those that found no place come last: they are tried one by one. */
export const planByMinCostFlow: BatchPlanner = ({ pods, cluster, rate }) => {
  const classes = classesOf(pods)
  const { network, source, sink, choices } = buildNetwork(classes, cluster.cache.nodeList(), rate)
  network.solve(source, sink)
  const waiting = new Map(classes.map(podClass => [podClass, [...podClass.pods]]))
  const placed = choices.flatMap(({ arc, node, podClass }) =>
    (waiting.get(podClass)?.splice(0, network.flowOn(arc)) ?? []).map(info => ({ info, node })),
  )
  const left = [...waiting.values()].flat().map(info => ({ info }))
  return [...placed, ...left].sort((a, b) => b.info.priority - a.info.priority)
}
