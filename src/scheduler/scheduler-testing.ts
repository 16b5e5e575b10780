/** What tests of the scheduler share: small nodes and pods, a cluster made of them, and a plugin's word on each node. */
import type { Node, Pod, PodSpec, Taint } from '../apis/generated/core-v1.js'
import { labelSelectorFrom } from '../machinery/selector/index.js'
import { ClusterCache } from './cache.js'
import type { Cluster, Plugin, Volumes } from './framework.js'
import { newPodInfo } from './pod-info.js'

export interface NodeShape {
  labels?: Record<string, string>
  cpu?: string
  memory?: string
  pods?: string
  taints?: Taint[]
  unschedulable?: boolean
}

export const newNode = (name: string, shape: NodeShape = {}): Node => {
  const { labels, cpu = '4', memory = '8Gi', pods = '110', taints, unschedulable } = shape
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `node-${name}`, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { ...(taints && { taints }), ...(unschedulable && { unschedulable }) },
    status: { allocatable: { cpu, memory, pods } },
  }
}

export interface PodShape extends Partial<PodSpec> {
  labels?: Record<string, string>
  namespace?: string
  cpu?: string
  memory?: string
  hostPort?: number
  node?: string
}

export const newPod = (name: string, shape: PodShape = {}): Pod => {
  const { labels, namespace = 'default', cpu, memory, hostPort, node, ...spec } = shape
  const requests = { ...(cpu && { cpu }), ...(memory && { memory }) }
  const ports = hostPort ? [{ containerPort: hostPort, hostPort, protocol: 'TCP' }] : undefined
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid: `pod-${name}`, labels, generation: 1 },
    spec: {
      schedulerName: 'default-scheduler',
      containers: [{ name: 'c', image: 'i', resources: { requests }, ...(ports && { ports }) }],
      ...(node && { nodeName: node }),
      ...spec,
    },
    status: { phase: 'Pending' },
  }
}

/** A cluster that knows of no volumes. */
export const noVolumes: Volumes = {
  claim: () => undefined,
  volume: () => undefined,
  ofClass: () => [],
  storageClass: () => undefined,
  csiNode: () => undefined,
  csiDriver: () => undefined,
  capacities: () => [],
  attachments: () => [],
  reserve: () => ({ preBind: async () => {}, unreserve: () => {} }),
}

/** Spreads pods with the label `app` by default. */
export function newCluster(nodes: readonly Node[], pods: readonly Pod[] = []): Cluster {
  const cache = new ClusterCache()
  for (const node of nodes) cache.setNode(node)
  for (const pod of pods) cache.setPod(pod)
  return {
    cache,
    namespaceLabels: namespace => ({ 'kubernetes.io/metadata.name': namespace }),
    volumes: noVolumes,
    loads: () => new Map(),
    defaultSpreadSelector: ({ metadata }) =>
      metadata.labels?.app ? labelSelectorFrom({ matchLabels: { app: metadata.labels.app } }) : undefined,
  }
}

/** Reason by node; nodes that fit have none. */
export function reasonsOf(plugin: Plugin, pod: Pod, cluster: Cluster): Record<string, string> {
  const filter = plugin.filter?.(newPodInfo(pod), cluster)
  if (!filter) return {}
  if ('refused' in filter) return { '*': filter.refused }
  const entries = cluster.cache.nodeList().flatMap(node => {
    const rejection = filter.check(node)
    return rejection ? [[node.name, rejection.reasons.join(', ')] as const] : []
  })
  return Object.fromEntries(entries)
}

/** Normalized score by node; empty when the plugin has nothing to say. */
export function scoresOf(plugin: Plugin, pod: Pod, cluster: Cluster): Record<string, number> {
  const nodes = cluster.cache.nodeList()
  const scorer = plugin.score?.(newPodInfo(pod), cluster, nodes)
  if (!scorer) return {}
  const scores = nodes.map(node => scorer.score(node))
  scorer.normalize?.(scores, nodes)
  return Object.fromEntries(nodes.map((node, i) => [node.name, scores[i] as number]))
}
