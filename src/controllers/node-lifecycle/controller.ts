/** Node lifecycle controller: notices nodes that went silent, taints nodes by their conditions, and marks the pods of lost nodes. */
import { lease as leaseKind } from '../../apis/coordination-v1/index.js'
import { node as nodeKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { Node, Pod } from '../../apis/generated/core-v1.js'
import type { ObjectReference } from '../../client/event-correlator.js'
import { keyOf } from '../../client/indexer.js'
import { formatTime } from '../../machinery/clock.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import { indexByNode, podsOnNode } from '../pods/by-node.js'
import { isPodReady } from '../pods/state.js'
import type { Cache } from '../runtime/cache.js'
import type { Controller, ControllerDeps, ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { type Result, requeueAfter, soonest } from '../runtime/result.js'
import { allAtOnce } from '../runtime/slow-start.js'
import { EvictionPace, isFullyDisrupted, isReadyNode } from './disruption.js'
import { defaultGrace, type Grace, type Health, observe, planLost, timeLeft } from './plan-health.js'
import { type Eviction, evictionTaint, isTaintedForEviction, mustSwap, planTaints } from './plan-taints.js'

const leaseNamespace = 'kube-node-lease'
const osLabels = [
  ['kubernetes.io/os', 'beta.kubernetes.io/os'],
  ['kubernetes.io/arch', 'beta.kubernetes.io/arch'],
] as const

/** What is remembered of the nodes from one look to the next. */
class Nodes {
  readonly health = new Map<string, Health>()
  readonly known = new Map<string, ObjectReference>()
  readonly pace: EvictionPace
  constructor(
    { clock }: ControllerDeps,
    readonly grace: Grace,
  ) {
    this.pace = new EvictionPace(clock)
  }
}

/** `monitorGraceMs`: how long a node that was ready may be silent; upstream's --node-monitor-grace-period. */
export const newNodeLifecycleController = (monitorGraceMs = defaultGrace.monitorMs): Controller => ({
  name: 'node-lifecycle',
  start: deps => define(new Nodes(deps, { ...defaultGrace, monitorMs: monitorGraceMs })).start(deps),
})

const define = (nodes: Nodes): Controller =>
  defineController<Node>({
    name: 'node_lifecycle_controller',
    serviceAccount: 'node-controller',
    component: 'node-controller',
    for: nodeKind,
    prepare: informer => indexByNode(informer(podKind)),
    watches: [
      { kind: leaseKind, keys: ({ metadata }) => (metadata.namespace === leaseNamespace ? [metadata.name ?? ''] : []) },
      // One node's fate decides on how fast the others are emptied.
      {
        kind: nodeKind,
        keys: (object, cache, { old }) => othersWhenReadinessChanged(object as Node, old as Node, cache),
      },
      { kind: podKind, keys: (object, cache, { old }) => lostNodeOf(object as Pod, old as Pod | undefined, cache) },
    ],
    async reconcile(node, context) {
      register(node, nodes, context)
      const { node: judged, next } = await judgeHealth(node, nodes, context)
      await mirrorLabels(judged, context)
      const taint = await applyTaints(judged, nodes, context)
      if (isLost(judged)) await markPodsNotReady(judged, context)
      return soonest(next, taint)
    },
    async gone(key, { recorder }) {
      nodes.health.delete(key)
      const reference = nodes.known.get(key)
      nodes.known.delete(key)
      if (reference)
        recorder.event(reference, 'Normal', 'RemovingNode', `Node ${key} event: Removing Node ${key} from Controller`)
    },
  })

const isLost = ({ status }: Node) =>
  status?.conditions?.some(c => c.type === 'Ready' && c.status === 'Unknown') === true

function othersWhenReadinessChanged(node: Node, old: Node | undefined, cache: Cache): string[] {
  if (old && isReadyNode(node) === isReadyNode(old)) return []
  return cache
    .list(nodeKind)
    .filter(n => !isReadyNode(n))
    .map(keyOf)
}

/** A pod bound to a node that is lost already is not ready either. */
function lostNodeOf(pod: Pod, old: Pod | undefined, cache: Cache): string[] {
  const name = pod.spec.nodeName
  if (!name || old?.spec.nodeName === name) return []
  const node = cache.get(nodeKind, { name })
  return node && isLost(node) ? [name] : []
}

function register({ metadata: { name = '', uid } }: Node, { known }: Nodes, { recorder }: ReconcileContext): void {
  if (known.has(name)) return
  const reference = { apiVersion: 'v1', kind: 'Node', name, uid }
  known.set(name, reference)
  recorder.event(reference, 'Normal', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`)
}

/** Declares a silent node lost; says when to look again. */
async function judgeHealth(
  node: Node,
  nodes: Nodes,
  { cache, client, clock, recorder }: ReconcileContext,
): Promise<{ node: Node; next: Result }> {
  const { name = '' } = node.metadata
  const now = clock.now()
  const health = observe(node, cache.get(leaseKind, { namespace: leaseNamespace, name }), nodes.health.get(name), now)
  nodes.health.set(name, health)
  const left = timeLeft(node, health, { now, grace: nodes.grace })
  if (left > 0) return { node, next: requeueAfter(left + 1) }
  const conditions = planLost(node, now)
  if (!conditions) return { node, next: {} }
  const updated = await client.updateStatus(nodeKind, { ...node, status: { ...node.status, conditions } })
  if (isReadyNode(node))
    recorder.event(nodes.known.get(name) ?? node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`)
  return { node: updated, next: {} }
}

async function mirrorLabels({ metadata }: Node, { client }: ReconcileContext): Promise<void> {
  const labels: Record<string, string> = {}
  for (const [primary, secondary] of osLabels) {
    const value = metadata.labels?.[primary]
    if (value !== undefined && metadata.labels?.[secondary] !== value) labels[secondary] = value
  }
  if (Object.keys(labels).length === 0) return
  const patch = { type: 'application/strategic-merge-patch+json', body: { metadata: { labels } } } as const
  await client.patch(nodeKind, { name: metadata.name ?? '' }, patch)
}

async function applyTaints(node: Node, nodes: Nodes, { cache, client, clock }: ReconcileContext): Promise<Result> {
  const { eviction, next } = decideEviction(node, nodes, cache)
  const taints = planTaints(node, eviction, clock.now())
  if (!taints) return next
  const { name = '', resourceVersion } = node.metadata
  const body = { metadata: { resourceVersion }, spec: { taints: taints.length > 0 ? taints : null } }
  await client.patch(nodeKind, { name }, { type: 'application/merge-patch+json', body })
  return next
}

function decideEviction(node: Node, { pace }: Nodes, cache: Cache): { eviction: Eviction; next: Result } {
  if (!evictionTaint(node)) return { eviction: 'none', next: {} }
  const all = cache.list(nodeKind)
  if (isFullyDisrupted(all)) return { eviction: 'none', next: {} }
  if (isTaintedForEviction(node) || mustSwap(node)) return { eviction: 'evict', next: {} }
  const wait = pace.request(node, all)
  if (wait === 0) return { eviction: 'evict', next: {} }
  return { eviction: 'keep', next: wait === undefined ? {} : requeueAfter(wait) }
}

/** Nobody is there to say that they run: what serves traffic must not count on them. */
async function markPodsNotReady(node: Node, { cache, client, clock, recorder }: ReconcileContext): Promise<void> {
  const ready = podsOnNode(cache, node.metadata.name ?? '').filter(isPodReady)
  await allAtOnce(ready, async pod => {
    const conditions = pod.status?.conditions?.map(c =>
      c.type === 'Ready' ? { ...c, status: 'False', lastTransitionTime: formatTime(clock.now()) } : c,
    )
    try {
      await client.updateStatus(podKind, { ...pod, status: { ...pod.status, conditions } })
      recorder.event(pod as KubernetesObject, 'Warning', 'NodeNotReady', 'Node is not ready')
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error
    }
  })
}
