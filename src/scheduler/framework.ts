/**
 * The contract between the scheduling cycle and its plugins: upstream's framework, with what a plugin works out for a
 * pod held in a closure instead of a cycle state. A plugin that has nothing to say about a pod returns undefined and
 * costs nothing per node.
 */
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../apis/generated/core-v1.js'
import type { AllocationResult, DeviceClass, ResourceClaim, ResourceSlice } from '../apis/generated/resource-v1.js'
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
} from '../apis/generated/storage-v1.js'
import type { KubernetesObject } from '../machinery/object-meta.js'
import type { LabelMatcher } from '../machinery/selector/index.js'
import type { NamespaceLabels } from './affinity-term.js'
import type { ClusterCache } from './cache.js'
import type { NodeInfo } from './node-info.js'
import type { NodeLoad } from './node-loads.js'
import type { PodInfo } from './pod-info.js'

/** Why a node does not fit. `unresolvable`: removing pods from it would not help. */
export interface Rejection {
  reasons: readonly string[]
  unresolvable?: boolean
}

/** The check of one pod against any node. */
export interface NodeFilter {
  check(node: NodeInfo): Rejection | undefined
  /** Pretends that a pod is on the node, or is not; only for filters that look beyond the node itself. */
  addPod?(info: PodInfo, node: NodeInfo): void
  removePod?(info: PodInfo, node: NodeInfo): void
  /** A copy whose pretences leave this one alone; required with addPod. */
  clone?(): NodeFilter
  /** Only these nodes can pass at all. */
  candidates?: ReadonlySet<string>
}

/** No node can fit; `message` stands in for the nodes' reasons. */
export interface Refusal {
  refused: string
}

/** Raw scores of nodes, in any range, and how they become 0 to 100. Absent `normalize`: they are that already. */
export interface NodeScorer {
  score(node: NodeInfo): number
  normalize?(scores: number[], nodes: readonly NodeInfo[]): void
}

/** What is to be done about a pod's volumes once it has a node. */
export interface VolumePlan {
  bindings: readonly { claim: PersistentVolumeClaim; volume: PersistentVolume }[]
  /** Claims that get a new volume. */
  provisions: readonly PersistentVolumeClaim[]
}

/** Claims, volumes and what belongs to them, by name; undefined where there is none. What was decided a moment ago is in it. */
export interface Volumes {
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined
  volume(name: string): PersistentVolume | undefined
  ofClass(name: string): readonly PersistentVolume[]
  storageClass(name: string): StorageClass | undefined
  csiNode(name: string): CSINode | undefined
  csiDriver(name: string): CSIDriver | undefined
  capacities(): readonly CSIStorageCapacity[]
  attachments(node: string): readonly VolumeAttachment[]
  /** Counts the plan's volumes as taken from now on. */
  reserve(plan: VolumePlan, about: { pod: Pod; node: Node; timeoutMs: number }): Reservation
}

/** Something kept for a pod that has got its node. */
export interface Reservation {
  /** What must be done before the pod is bound; rejects when it cannot be. */
  preBind(): Promise<void>
  /** Takes it back: the pod was not bound after all. */
  unreserve(): void
}

/** Claims of devices, and the devices there are; undefined where there is none. What was decided a moment ago is in it. */
export interface Devices {
  /** False until selectors can be read. */
  readonly isReady: boolean
  claim(namespace: string, name: string): ResourceClaim | undefined
  deviceClass(name: string): DeviceClass | undefined
  slices(): readonly ResourceSlice[]
  /** Ids of devices that claims have. */
  taken(): ReadonlySet<string>
  /** True while an allocation of the claim is decided, but not written yet. */
  isPending(claim: ResourceClaim): boolean
  /** Counts the devices as taken from now on; claims without an allocation of ours have one already. */
  reserve(pod: Pod, claims: readonly { claim: ResourceClaim; allocation?: AllocationResult }[]): Reservation
}

/** What plugins may look at. */
export interface Cluster {
  cache: ClusterCache
  namespaceLabels: NamespaceLabels
  volumes: Volumes
  /** Absent where nobody follows them. */
  devices?: Devices
  /** What was measured on nodes, by name; nodes that nobody measures are absent. */
  loads(): ReadonlyMap<string, NodeLoad>
  /** Selector of what owns the pod (services, replica sets…), for spreading by default; undefined when there is none. */
  defaultSpreadSelector(pod: Pod): LabelMatcher | undefined
}

/** A change in the cluster that may let a pod through that was turned away. */
export type ClusterEvent =
  | { type: 'NodeAdd'; node: Node }
  | { type: 'NodeUpdate'; node: Node; old: Node }
  | { type: 'NodeDelete'; node: Node }
  | { type: 'AssignedPodAdd'; pod: Pod }
  | { type: 'AssignedPodUpdate'; pod: Pod; old: Pod }
  | { type: 'AssignedPodDelete'; pod: Pod }
  | VolumeChange

/** A claim, a volume, a storage class, an object of CSI, or one of devices came, went or changed; `resource` is its kind. */
export interface VolumeChange {
  type: 'VolumeChange'
  resource: string
  change: 'Add' | 'Update' | 'Delete'
  object: KubernetesObject
  /** Updates only: the state before. */
  old?: KubernetesObject | undefined
}

export interface Plugin {
  readonly name: string
  filter?(info: PodInfo, cluster: Cluster): NodeFilter | Refusal | undefined
  score?(info: PodInfo, cluster: Cluster, nodes: readonly NodeInfo[]): NodeScorer | undefined
  /** The node was chosen: keeps there what the pod will need, before the next pod is looked at. Throws when it is gone. */
  reserve?(info: PodInfo, cluster: Cluster, node: NodeInfo): Reservation | undefined
  /** True when the event may let the pod through, which this plugin turned away. */
  mayHelp?(info: PodInfo, event: ClusterEvent): boolean
}

export const maxNodeScore = 100

/** Scales to 0…100 by the highest; `reverse` makes the highest the worst. Upstream's DefaultNormalizeScore. */
export function normalizeByMaximum(scores: number[], reverse: boolean): void {
  const max = scores.reduce((a, b) => Math.max(a, b), 0)
  for (const [i, score] of scores.entries()) {
    const scaled = max === 0 ? 0 : Math.trunc((maxNodeScore * score) / max)
    scores[i] = reverse ? maxNodeScore - scaled : scaled
  }
}
