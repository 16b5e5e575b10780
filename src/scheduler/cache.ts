/**
 * What the scheduler knows of the cluster. Pods that were given a node are assumed to be there from the moment of the
 * decision, before the API server has said so; everything is changed in place, and read between changes only.
 */
import type { Node, Pod } from '../apis/generated/core-v1.js'
import { ImageIndex } from './image-index.js'
import { NodeInfo } from './node-info.js'
import { isActive, newPodInfo, type PodInfo, takesUpTheSame } from './pod-info.js'
import { SelectorCounts } from './selector-counts.js'
import { newTopologyColumn, type TopologyColumn } from './topology-column.js'

interface PlacedPod {
  info: PodInfo
  node: NodeInfo
  /** Decided here, not yet seen from the server. */
  assumed: boolean
}

const zoneOf = ({ metadata }: Node): string =>
  `${metadata.labels?.['topology.kubernetes.io/region'] ?? ''}:${metadata.labels?.['topology.kubernetes.io/zone'] ?? ''}`

const sameLabels = (a: Node, b: Node): boolean =>
  JSON.stringify(a.metadata.labels) === JSON.stringify(b.metadata.labels)

/** One of each zone in turn, so that a search that stops early has seen every zone. */
function interleaveZones(nodes: Iterable<NodeInfo>): NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>()
  for (const info of nodes) {
    if (!info.known) continue
    const zone = zoneOf(info.node)
    const list = zones.get(zone)
    if (list) list.push(info)
    else zones.set(zone, [info])
  }
  const lists = [...zones.values()]
  if (lists.length === 1) return lists[0]!
  const longest = Math.max(0, ...lists.map(list => list.length))
  return Array.from({ length: longest }, (_, i) => lists.flatMap(list => list[i] ?? [])).flat()
}

/** Beyond this all are forgotten, and those still in use are made anew. */
const maxTopologies = 32

export class ClusterCache {
  readonly selectorCounts = new SelectorCounts(() => this.placedPods())
  /** Nodes with pods of which InterPodAffinity has to know. */
  readonly nodesWithAffinity = new Set<NodeInfo>()
  readonly nodesWithRequiredAntiAffinity = new Set<NodeInfo>()
  /** Nodes that are cordoned, and those with taints: where there are none, nobody need look for them node by node. */
  readonly cordonedNodes = new Set<NodeInfo>()
  readonly taintedNodes = new Set<NodeInfo>()
  readonly images = new ImageIndex()
  private readonly nodes = new Map<string, NodeInfo>()
  /** How many placed pods use each claim, by `namespace/name`. */
  private readonly claimUsers = new Map<string, number>()
  private readonly pods = new Map<string, PlacedPod>()
  private list: NodeInfo[] | undefined
  /** Of the list, by topology key. */
  private readonly topologies = new Map<string, TopologyColumn>()

  /** Nodes that are known, zones interleaved; each knows its place in it. Do not change. */
  nodeList(): readonly NodeInfo[] {
    this.list ??= this.newList()
    return this.list
  }

  /** Values of a topology key, by place in the list of nodes. */
  topology(key: string): TopologyColumn {
    const nodes = this.nodeList()
    let column = this.topologies.get(key)
    if (!column) {
      if (this.topologies.size >= maxTopologies) this.topologies.clear()
      column = newTopologyColumn(nodes, key)
      this.topologies.set(key, column)
    }
    return column
  }

  node(name: string): NodeInfo | undefined {
    const info = this.nodes.get(name)
    return info?.known ? info : undefined
  }

  get podCount(): number {
    return this.pods.size
  }

  get assumedCount(): number {
    let count = 0
    for (const { assumed } of this.pods.values()) if (assumed) count++
    return count
  }

  setNode(node: Node): void {
    const info = this.nodeOrNew(node.metadata.name ?? '')
    if (!info.known || zoneOf(info.node) !== zoneOf(node)) this.list = undefined
    if (!info.known || !sameLabels(info.node, node)) this.forgetTopologies()
    info.setNode(node)
    track(this.cordonedNodes, info, node.spec?.unschedulable === true)
    track(this.taintedNodes, info, Boolean(node.spec?.taints?.length))
    this.images.set(info.name, node.status?.images)
  }

  removeNode(name: string): void {
    const info = this.nodes.get(name)
    if (!info) return
    info.removeNode()
    track(this.cordonedNodes, info, false)
    track(this.taintedNodes, info, false)
    this.images.set(name, undefined)
    this.list = undefined
    this.forgetTopologies()
    this.dropIfEmpty(info)
  }

  /** The pod as the server has it: it has a node. A pod that ended takes up nothing. */
  setPod(pod: Pod): void {
    const uid = pod.metadata.uid ?? ''
    if (this.renew(uid, pod)) return
    this.removePod(uid)
    if (pod.spec.nodeName && isActive(pod)) this.place(newPodInfo(pod), pod.spec.nodeName, false)
  }

  removePod(uid: string): void {
    const placed = this.pods.get(uid)
    if (!placed) return
    this.pods.delete(uid)
    const { node, info } = placed
    this.selectorCounts.remove(node, info)
    this.countClaims(info, -1)
    node.removePod(uid)
    this.trackAffinity(node)
    this.dropIfEmpty(node)
  }

  assume(info: PodInfo, node: string): void {
    this.place(info, node, true)
  }

  isAssumed = (uid: string): boolean => this.pods.get(uid)?.assumed === true

  has = (uid: string): boolean => this.pods.has(uid)

  /** Takes back an assumption; what the server has said stays. */
  forget(uid: string): void {
    if (this.isAssumed(uid)) this.removePod(uid)
  }

  /** True when a pod that has a node uses the claim; claims made for one pod do not count. */
  isClaimUsed = (namespace: string, name: string): boolean => this.claimUsers.has(`${namespace}/${name}`)

  private newList(): NodeInfo[] {
    const list = interleaveZones(this.nodes.values())
    for (const [place, node] of list.entries()) node.place = place
    this.topologies.clear()
    return list
  }

  private forgetTopologies(): void {
    this.topologies.clear()
    this.selectorCounts.forgetTopologies()
  }

  private countClaims({ pod, namespace }: PodInfo, by: 1 | -1): void {
    for (const { persistentVolumeClaim } of pod.spec.volumes ?? []) {
      if (!persistentVolumeClaim) continue
      const key = `${namespace}/${persistentVolumeClaim.claimName}`
      const count = (this.claimUsers.get(key) ?? 0) + by
      if (count) this.claimUsers.set(key, count)
      else this.claimUsers.delete(key)
    }
  }

  /** True when the pod takes up what it did, as after its binding and most changes of its status: no sum changes then. */
  private renew(uid: string, pod: Pod): boolean {
    const placed = this.pods.get(uid)
    if (!placed || placed.node.name !== pod.spec.nodeName) return false
    if (!isActive(pod) || !takesUpTheSame(placed.info.pod, pod)) return false
    const { node, info: before } = placed
    placed.info = { ...before, pod }
    placed.assumed = false
    node.renewPod(placed.info)
    if (before.pod.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp) {
      this.selectorCounts.remove(node, before)
      this.selectorCounts.add(node, placed.info)
    }
    return true
  }

  private place(info: PodInfo, name: string, assumed: boolean): void {
    const node = this.nodeOrNew(name)
    this.pods.set(info.uid, { info, node, assumed })
    node.addPod(info)
    this.selectorCounts.add(node, info)
    this.countClaims(info, 1)
    this.trackAffinity(node)
  }

  private nodeOrNew(name: string): NodeInfo {
    let info = this.nodes.get(name)
    if (!info) {
      info = new NodeInfo(name)
      this.nodes.set(name, info)
    }
    return info
  }

  private dropIfEmpty(node: NodeInfo): void {
    if (!node.known && node.pods.size === 0) this.nodes.delete(node.name)
  }

  private trackAffinity(node: NodeInfo): void {
    track(this.nodesWithAffinity, node, node.podsWithAffinity.size > 0)
    track(this.nodesWithRequiredAntiAffinity, node, node.podsWithRequiredAntiAffinity.size > 0)
  }

  private *placedPods(): Generator<readonly [NodeInfo, PodInfo]> {
    for (const { info, node } of this.pods.values()) yield [node, info]
  }
}

function track(set: Set<NodeInfo>, node: NodeInfo, member: boolean): void {
  if (member) set.add(node)
  else set.delete(node)
}
