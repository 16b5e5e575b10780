/** All plugins by name: where each takes part, and how it is made from its arguments. In upstream's order, with its weights. */
import type { ExtensionPoint, PluginArgs } from '../config/types.js'
import type { Plugin } from '../framework.js'
import { newBalancedAllocation } from './balanced-allocation.js'
import { dynamicResources } from './dynamic-resources.js'
import { imageLocality } from './image-locality.js'
import { newInterPodAffinity } from './inter-pod-affinity.js'
import { newNodeAffinity } from './node-affinity.js'
import { nodeName } from './node-name.js'
import { nodePorts } from './node-ports.js'
import { newNodeResourcesFit } from './node-resources-fit.js'
import { nodeUnschedulable } from './node-unschedulable.js'
import { nodeVolumeLimits } from './node-volume-limits.js'
import { newPodTopologySpread } from './pod-topology-spread.js'
import { taintToleration } from './taint-toleration.js'
import { newVolumeBinding } from './volume-binding.js'
import { volumeRestrictions } from './volume-restrictions.js'
import { volumeZone } from './volume-zone.js'

export interface PluginEntry {
  points: readonly ExtensionPoint[]
  /** In the default profile; 1 where nothing is said. */
  weight?: number
  /** Absent for what is part of the scheduler itself. */
  make?(args: PluginArgs): Plugin
}

const filters = ['preFilter', 'filter'] as const
const scores = ['preScore', 'score'] as const

export const pluginRegistry: Readonly<Record<string, PluginEntry>> = {
  SchedulingGates: { points: ['preEnqueue'] },
  PrioritySort: { points: ['queueSort'] },
  NodeUnschedulable: { points: ['filter'], make: () => nodeUnschedulable },
  NodeName: { points: ['filter'], make: () => nodeName },
  TaintToleration: { points: ['filter', ...scores], weight: 3, make: () => taintToleration },
  NodeAffinity: { points: [...filters, ...scores], weight: 2, make: args => newNodeAffinity(args.NodeAffinity) },
  NodePorts: { points: filters, make: () => nodePorts },
  NodeResourcesFit: { points: [...filters, ...scores], make: args => newNodeResourcesFit(args.NodeResourcesFit) },
  VolumeRestrictions: { points: filters, make: () => volumeRestrictions },
  NodeVolumeLimits: { points: filters, make: () => nodeVolumeLimits },
  VolumeBinding: { points: [...filters, 'reserve', 'preBind'], make: args => newVolumeBinding(args.VolumeBinding) },
  VolumeZone: { points: filters, make: () => volumeZone },
  PodTopologySpread: {
    points: [...filters, ...scores],
    weight: 2,
    make: args => newPodTopologySpread(args.PodTopologySpread),
  },
  InterPodAffinity: {
    points: [...filters, ...scores],
    weight: 2,
    make: args => newInterPodAffinity(args.InterPodAffinity),
  },
  DynamicResources: {
    points: ['preEnqueue', ...filters, 'postFilter', 'reserve', 'preBind'],
    make: () => dynamicResources,
  },
  DefaultPreemption: { points: ['postFilter'] },
  NodeResourcesBalancedAllocation: {
    points: scores,
    make: args => newBalancedAllocation(args.NodeResourcesBalancedAllocation),
  },
  ImageLocality: { points: ['score'], make: () => imageLocality },
  DefaultBinder: { points: ['bind'] },
}
