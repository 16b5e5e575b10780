/** Taint eviction controller: deletes pods from nodes with NoExecute taints, once their tolerations have run out. */
import { node as nodeKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { Node, Pod, Taint } from '../../apis/generated/core-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import type { ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import { indexByNode, podsOnNode } from '../pods/by-node.js'
import { markDisrupted } from '../pods/disruption.js'
import type { Cache } from '../runtime/cache.js'
import type { Controller, ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { done, requeueAfter } from '../runtime/result.js'
import { toleratedFor } from './tolerations.js'

/** When each doomed pod was first found on a tainted node, by node and uid; milliseconds. */
type Doomed = Map<string, Map<string, { pod: Pod; since: number }>>

export const taintEvictionController: Controller = {
  name: 'taint-eviction',
  start: deps => define(new Map()).start(deps),
}

const noExecute = ({ spec }: Node): Taint[] => spec?.taints?.filter(t => t.effect === 'NoExecute') ?? []

const define = (doomed: Doomed): Controller =>
  defineController<Node>({
    name: 'taint-eviction-controller',
    serviceAccount: 'node-controller',
    component: 'taint-eviction-controller',
    for: nodeKind,
    prepare: informer => indexByNode(informer(podKind)),
    relevant: (node, old) => !old || !semanticEqual(node.spec?.taints, old.spec?.taints),
    watches: [{ kind: podKind, keys: (object, cache) => taintedNodeOf(object as Pod, cache) }],

    async reconcile(node, context) {
      const { name = '' } = node.metadata
      const taints = noExecute(node)
      const before = doomed.get(name) ?? new Map()
      const pods = taints.length > 0 ? podsOnNode(context.cache, name).filter(p => !p.metadata.deletionTimestamp) : []
      const now = context.clock.now()
      const after: typeof before = new Map()
      let next = Number.POSITIVE_INFINITY
      for (const pod of pods) {
        const grace = toleratedFor(taints, pod.spec.tolerations)
        if (grace === Number.POSITIVE_INFINITY) continue
        const uid = pod.metadata.uid ?? ''
        const since = before.get(uid)?.since ?? now
        after.set(uid, { pod, since })
        if (since + grace <= now) await evict(pod, context)
        else next = Math.min(next, since + grace - now)
      }
      for (const [uid, { pod }] of before) if (!after.has(uid)) reportCancelled(pod, context)
      if (after.size > 0) doomed.set(name, after)
      else doomed.delete(name)
      return next === Number.POSITIVE_INFINITY ? done : requeueAfter(next)
    },
    async gone(key) {
      doomed.delete(key)
    },
  })

function taintedNodeOf({ spec: { nodeName } }: Pod, cache: Cache): string[] {
  const node = nodeName ? cache.get(nodeKind, { name: nodeName }) : undefined
  return node && noExecute(node).length > 0 ? [nodeName ?? ''] : []
}

const nameOf = ({ metadata }: Pod) => `${metadata.namespace}/${metadata.name}`

async function evict(pod: Pod, { client, clock, recorder }: ReconcileContext): Promise<void> {
  recorder.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${nameOf(pod)}`)
  const disruption = { reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint' }
  try {
    await markDisrupted(pod, disruption, { client, now: clock.now() })
    await client.delete(podKind, pod.metadata as ObjectKey, { preconditions: { uid: pod.metadata.uid } })
  } catch (error) {
    if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error
  }
}

/** The taint went, or is tolerated now; a pod that is gone needs no word. */
function reportCancelled(pod: Pod, { cache, recorder }: ReconcileContext): void {
  const current = cache.get(podKind, pod.metadata as ObjectKey)
  if (current?.metadata.uid !== pod.metadata.uid || current?.metadata.deletionTimestamp) return
  recorder.event(pod, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${nameOf(pod)}`)
}
