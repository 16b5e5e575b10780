/** How a profile decides about several pods at once. */
import type { Cluster } from '../framework.js'
import type { NodeInfo } from '../node-info.js'
import type { PodInfo } from '../pod-info.js'

export interface BatchInput {
  pods: readonly PodInfo[]
  cluster: Cluster
  /** Whether the pod fits on the node, as things are, and how well it would do there: higher is better, undefined where it does not fit. */
  rate(info: PodInfo): (node: NodeInfo) => number | undefined
}

/** In which order they get their nodes; where one is named it is tried first. */
export type BatchPlan = readonly { info: PodInfo; node?: string }[]

export type BatchPlanner = (input: BatchInput) => BatchPlan
