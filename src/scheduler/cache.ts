/**
 * What the scheduler knows of the cluster. Pods that were given a node are assumed to be there from the moment of the
 * decision, before the API server has said so; everything is changed in place, and read between changes only.
 */
import type { Node, Pod } from '../apis/generated/core-v1.js'
import { ImageIndex } from './image-index.js'
import { NodeInfo } from './node-info.js'
import { isActive, newPodInfo, type PodInfo } from './pod-info.js'
import { SelectorCounts } from './selector-counts.js'

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

export class ClusterCache {
  readonly selectorCounts = new SelectorCounts(() => this.placedPods())
  /** Nodes with pods of which InterPodAffinity has to know. */
  readonly nodesWithAffinity = new Set<NodeInfo>()
  readonly nodesWithRequiredAntiAffinity = new Set<NodeInfo>()
  readonly images = new ImageIndex()
  private readonly nodes = new Map<string, NodeInfo>()
  /** How many placed pods use each claim, by `namespace/name`. */
  private readonly claimUsers = new Map<string, number>()
  private readonly pods = new Map<string, PlacedPod>()
  private list: NodeInfo[] | undefined

  /** Nodes that are known, zones interleaved. Do not change. */
  nodeList(): readonly NodeInfo[] {
    this.list ??= interleaveZones(this.nodes.values())
    return this.list
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
    if (!info.known || !sameLabels(info.node, node)) this.selectorCounts.forgetTopologies()
    info.setNode(node)
    this.images.set(info.name, node.status?.images)
  }

  removeNode(name: string): void {
    const info = this.nodes.get(name)
    if (!info) return
    info.removeNode()
    this.images.set(name, undefined)
    this.list = undefined
    this.selectorCounts.forgetTopologies()
    this.dropIfEmpty(info)
  }

  /** The pod as the server has it: it has a node. A pod that ended takes up nothing. */
  setPod(pod: Pod): void {
    const uid = pod.metadata.uid ?? ''
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

  private countClaims({ pod, namespace }: PodInfo, by: 1 | -1): void {
    for (const { persistentVolumeClaim } of pod.spec.volumes ?? []) {
      if (!persistentVolumeClaim) continue
      const key = `${namespace}/${persistentVolumeClaim.claimName}`
      const count = (this.claimUsers.get(key) ?? 0) + by
      if (count) this.claimUsers.set(key, count)
      else this.claimUsers.delete(key)
    }
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
