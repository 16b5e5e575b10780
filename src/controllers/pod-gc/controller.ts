/** Pod garbage collector: removes pods that nobody else will: of nodes that are gone or out of service, and the oldest of very many ended ones. */
import { node as nodeKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { Node, Pod } from '../../apis/generated/core-v1.js'
import { keyOf } from '../../client/indexer.js'
import type { ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import { indexByNode, podsOnNode } from '../pods/by-node.js'
import { type Disruption, markFailed } from '../pods/disruption.js'
import { isPodTerminal } from '../pods/state.js'
import type { Controller, ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { done, type Result, requeueAfter } from '../runtime/result.js'

/** Upstream's --terminated-pod-gc-threshold. */
const terminatedThreshold = 12_500
/** A node that vanished may only have been replaced: its pods are left alone so long. */
const quarantineMs = 40_000
const outOfService = 'node.kubernetes.io/out-of-service'
const terminatedIndex = 'terminated'

/** When each missing node was first missed; milliseconds. */
type Missing = Map<string, number>

export const podGarbageCollector: Controller = {
  name: 'pod-garbage-collector',
  start: deps => define(new Map()).start(deps),
}

const isOutOfService = ({ spec, status }: Node): boolean =>
  spec?.taints?.some(t => t.key === outOfService) === true &&
  status?.conditions?.find(c => c.type === 'Ready')?.status !== 'True'

const define = (missing: Missing): Controller =>
  defineController<Pod>({
    name: 'podgc',
    serviceAccount: 'pod-garbage-collector',
    for: podKind,
    relevant: ({ metadata, spec }) => spec.nodeName !== undefined || metadata.deletionTimestamp !== undefined,
    prepare(informer) {
      indexByNode(informer(podKind))
      informer(podKind).addIndex(terminatedIndex, pod => (isPodTerminal(pod) ? ['true'] : []))
    },
    watches: [
      {
        kind: nodeKind,
        keys: (node, cache, { type }) =>
          type === 'delete' || isOutOfService(node as Node)
            ? podsOnNode(cache, node.metadata.name ?? '').map(keyOf)
            : [],
      },
    ],

    async reconcile(pod, context) {
      const { nodeName } = pod.spec
      const { deletionTimestamp } = pod.metadata
      if (!nodeName) {
        if (deletionTimestamp) await remove(pod, context)
        return done
      }
      if (isPodTerminal(pod)) await trimTerminated(pod, context)
      const node = context.cache.get(nodeKind, { name: nodeName })
      if (!node) return collectOrphan(pod, nodeName, { missing, context })
      missing.delete(nodeName)
      if (deletionTimestamp && isOutOfService(node)) await remove(pod, context)
      return done
    },
  })

async function collectOrphan(
  pod: Pod,
  nodeName: string,
  { missing, context }: { missing: Missing; context: ReconcileContext },
): Promise<Result> {
  const now = context.clock.now()
  const since = missing.get(nodeName) ?? now
  missing.set(nodeName, since)
  const left = since + quarantineMs - now
  if (left > 0) return requeueAfter(left)
  try {
    await context.client.get(nodeKind, { name: nodeName })
    missing.delete(nodeName)
    return done
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error
  }
  context.log.info({ node: nodeName, pod: keyOf(pod) }, 'Found orphaned Pod assigned to the Node, deleting')
  await remove(pod, context, { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' })
  return done
}

/** Deletes without grace; a pod that had not ended is Failed from now on. */
async function remove(pod: Pod, { client, clock }: ReconcileContext, disruption?: Disruption): Promise<void> {
  const { uid, deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
  try {
    if (!isPodTerminal(pod)) await markFailed(pod, { client, now: clock.now() }, disruption)
    // Only finalizers keep it: deleting it again would change nothing, again and again.
    if (deletionTimestamp && deletionGracePeriodSeconds === 0) return
    await client.delete(podKind, pod.metadata as ObjectKey, { gracePeriodSeconds: 0, preconditions: { uid } })
  } catch (error) {
    if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error
  }
}

/** Evicted pods first, which controllers have replaced, then the oldest. */
function byWorth(a: Pod, b: Pod): number {
  const worth = ({ metadata, status }: Pod) => {
    const isEvicted = status?.phase === 'Failed' && status.reason === 'Evicted'
    return `${isEvicted ? 0 : 1} ${metadata.creationTimestamp} ${metadata.name}`
  }
  return worth(a) < worth(b) ? -1 : 1
}

/** With too many ended pods the oldest go; each pod judges only itself. */
async function trimTerminated(pod: Pod, context: ReconcileContext): Promise<void> {
  const ended = context.cache.byIndex(podKind, terminatedIndex, 'true')
  const surplus = ended.length - terminatedThreshold
  if (surplus <= 0) return
  const oldest = ended.sort(byWorth).slice(0, surplus)
  for (const candidate of oldest) await remove(candidate, context)
  context.log.info({ pod: keyOf(pod), removed: oldest.length }, 'Garbage collected terminated pods')
}
