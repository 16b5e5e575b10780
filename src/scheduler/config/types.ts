/** KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1, as far as it says how pods are placed. */
import type { NodeAffinity, TopologySpreadConstraint } from '../../apis/generated/core-v1.js'

export interface PluginReference {
  name: string
  weight?: number
}

export interface PluginSet {
  enabled?: PluginReference[]
  disabled?: PluginReference[]
}

export const extensionPoints = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
] as const
export type ExtensionPoint = (typeof extensionPoints)[number]

export type PluginSets = { [point in ExtensionPoint | 'multiPoint']?: PluginSet }

export interface ResourceSpec {
  name: string
  weight?: number
}

export interface ShapePoint {
  /** Percent. */
  utilization: number
  /** 0 to 10. */
  score: number
}

export interface NodeResourcesFitArgs {
  ignoredResources?: string[]
  ignoredResourceGroups?: string[]
  scoringStrategy?: {
    type?: string
    resources?: ResourceSpec[]
    requestedToCapacityRatio?: { shape?: ShapePoint[] }
  }
}

/** What plugins are told, by their names. */
export interface PluginArgs {
  DefaultPreemption?: { minCandidateNodesPercentage?: number; minCandidateNodesAbsolute?: number }
  InterPodAffinity?: { hardPodAffinityWeight?: number; ignorePreferredTermsOfExistingPods?: boolean }
  NodeAffinity?: { addedAffinity?: NodeAffinity }
  NodeResourcesBalancedAllocation?: { resources?: ResourceSpec[] }
  NodeResourcesFit?: NodeResourcesFitArgs
  PodTopologySpread?: { defaultingType?: string; defaultConstraints?: TopologySpreadConstraint[] }
  VolumeBinding?: { bindTimeoutSeconds?: number; shape?: ShapePoint[] }
}

export interface SchedulerProfile {
  schedulerName?: string
  percentageOfNodesToScore?: number
  plugins?: PluginSets
  pluginConfig?: { name: string; args?: object }[]
}

export interface Extender {
  urlPrefix: string
  filterVerb?: string
  prioritizeVerb?: string
  preemptVerb?: string
  bindVerb?: string
  weight?: number
  enableHTTPS?: boolean
  tlsConfig?: {
    insecure?: boolean
    serverName?: string
    certFile?: string
    keyFile?: string
    caFile?: string
    certData?: string
    keyData?: string
    caData?: string
  }
  /** Such as `5s`. */
  httpTimeout?: string
  nodeCacheCapable?: boolean
  managedResources?: { name: string; ignoredByScheduler?: boolean }[]
  ignorable?: boolean
}

export interface KubeSchedulerConfiguration {
  apiVersion: string
  kind: string
  parallelism?: number
  percentageOfNodesToScore?: number
  podInitialBackoffSeconds?: number
  podMaxBackoffSeconds?: number
  profiles?: SchedulerProfile[]
  extenders?: Extender[]
}

export const configurationVersion = 'kubescheduler.config.k8s.io/v1'
