/** DaemonSet controller: one pod on every node that fits, updated node by node. */
import { daemonSet as daemonSetKind, controllerRevision as revisionKind } from '../../apis/apps-v1/index.js'
import { node as nodeKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { ControllerRevision, DaemonSet } from '../../apis/generated/apps-v1.js'
import type { Node, Pod } from '../../apis/generated/core-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import { type Backoff, newBackoff } from '../../client/backoff.js'
import { isNamespaceTerminating } from '../../client/error-causes.js'
import { keyOf } from '../../client/indexer.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { matchesLabels } from '../../machinery/selector/index.js'
import { revisionOfPod, syncHistory, trimHistory } from '../history/history.js'
import { createPod, deletePod } from '../pods/control.js'
import { isPodTerminal, nextAvailability } from '../pods/state.js'
import type { Cache } from '../runtime/cache.js'
import { claimDependents } from '../runtime/claim.js'
import type { Controller, ReconcileContext } from '../runtime/controller.js'
import { type Change, defineController } from '../runtime/define-controller.js'
import { groupBy } from '../runtime/group-by.js'
import { done, type Result, requeueAfter, soonest } from '../runtime/result.js'
import { allAtOnce, inSlowStartBatches } from '../runtime/slow-start.js'
import { updateStatus } from '../runtime/update-status.js'
import { eligibility, newDaemonPod, targetNode } from './eligible.js'
import { type DaemonPlan, type Daemons, planNodes, planStatus, planUpdate } from './plan.js'

const hashLabel = 'controller-revision-hash'
/** Upstream's BurstReplicas. */
const burst = 250
/** A daemon that fails is tried again after 1 s, doubling to 15 minutes, on each node. */
const failedPodBackoff = { initialMs: 1_000, maxMs: 900_000, factor: 2, jitter: 0, resetAfterMs: 1_800_000 }

/** When the next failed pod of a set may be removed from a node. */
type Failures = Map<string, { backoff: Backoff; until: number }>

export const daemonSetController: Controller = {
  name: 'daemonset',
  start: deps => define(new Map()).start(deps),
}

const define = (failures: Failures): Controller =>
  defineController<DaemonSet>({
    name: 'daemonset',
    serviceAccount: 'daemon-set-controller',
    for: daemonSetKind,
    owns: [podKind, revisionKind],
    adopts: (owner, orphan) => matchesLabels(owner.spec.selector, orphan.metadata.labels),
    watches: [{ kind: nodeKind, keys: setsOfNode }],

    async reconcile(daemonSet, context) {
      const { cache, client, clock, recorder } = context
      if (selectsAll(daemonSet)) {
        const text = 'This daemon set is selecting all pods. A non-empty selector is required.'
        recorder.event(daemonSet, 'Warning', 'SelectingAll', text)
        return done
      }
      if (daemonSet.metadata.deletionTimestamp) return done
      const claim = { owner: daemonSet, ownerKind: daemonSetKind, matches: matching(daemonSet) }
      const revisions = await claimDependents<ControllerRevision>({ ...claim, kind: revisionKind }, context)
      const history = await syncHistory({ owner: daemonSet, ownerKind: daemonSetKind, hashLabel }, revisions, client)
      const hash = history.current.metadata.labels?.[hashLabel] ?? ''
      const pods = await claimDependents<Pod>({ ...claim, kind: podKind }, context)
      // Only a finalizer keeps one that has ended and is being deleted: another takes its place meanwhile.
      const present = pods.filter(p => !(isPodTerminal(p) && p.metadata.deletionTimestamp))
      const podsOn = groupBy(present, p => targetNode(p) ?? '')
      podsOn.delete('')
      const daemons = { daemonSet, nodes: cache.list(nodeKind), podsOn, hash, now: clock.now() }
      const outcome = await manage(daemons, failures, context).then(
        next => ({ next, failure: undefined }),
        (failure: Error) => ({ next: done, failure }),
      )
      if (!outcome.failure) {
        const live = new Set(pods.map(revisionOfPod))
        const isLive = (r: ControllerRevision) => live.has(r.metadata.labels?.[hashLabel])
        await trimHistory(daemonSet, history, { client, isLive })
      }
      await updateStatus(client, daemonSetKind, daemonSet, planStatus(daemons, history.collisionCount))
      if (outcome.failure) throw outcome.failure
      const { minReadySeconds = 0 } = daemonSet.spec
      const wait = minReadySeconds > 0 ? nextAvailability(pods, minReadySeconds, daemons.now) : undefined
      return wait === undefined ? outcome.next : soonest(outcome.next, requeueAfter(wait))
    },
  })

const matching = (daemonSet: DaemonSet) => (object: KubernetesObject) =>
  matchesLabels(daemonSet.spec.selector, object.metadata.labels)

const selectsAll = ({ spec: { selector } }: DaemonSet) =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions?.length ?? 0) === 0

/** Sets whose pods a changed node should gain or lose. */
function* setsOfNode(object: KubernetesObject, cache: Cache, { type, old }: Change): Iterable<string> {
  const node = object as Node
  const before = old as Node | undefined
  const same =
    before &&
    semanticEqual(before.metadata.labels, node.metadata.labels) &&
    semanticEqual(before.spec?.taints, node.spec?.taints)
  if (same) return
  for (const daemonSet of cache.list(daemonSetKind)) {
    const now = eligibility(daemonSet, node)
    if (type === 'delete' || !before) {
      if (type === 'delete' || now.shouldRun) yield keyOf(daemonSet)
    } else if (!semanticEqual(now, eligibility(daemonSet, before))) yield keyOf(daemonSet)
  }
}

async function manage(daemons: Daemons, failures: Failures, context: ReconcileContext): Promise<Result> {
  const plan = planNodes(daemons)
  const { remove, next } = removeEnded(daemons, plan, { failures, context })
  const changed = plan.create.length + plan.remove.length + remove.length > 0
  await write(daemons, { create: plan.create, remove: [...plan.remove, ...remove] }, context)
  // The caches show nothing of that yet: the update goes on when they do.
  if (!changed) await write(daemons, planUpdate(daemons), context)
  return next
}

function removeEnded(
  { daemonSet, now }: Daemons,
  { ended }: DaemonPlan,
  { failures, context }: { failures: Failures; context: ReconcileContext },
): { remove: Pod[]; next: Result } {
  let next: Result = done
  const remove = ended.filter(({ pod, node }) => {
    const name = `${pod.metadata.namespace}/${pod.metadata.name} on node ${node}`
    if (pod.status?.phase === 'Succeeded') {
      const text = `Found succeeded daemon pod ${name}, will try to delete it`
      context.recorder.event(daemonSet, 'Normal', 'SucceededDaemonPod', text)
      return true
    }
    const key = `${daemonSet.metadata.uid}/${daemonSet.status?.observedGeneration}/${node}`
    const record = failures.get(key)
    if (record && record.until > now) {
      next = soonest(next, requeueAfter(record.until - now))
      return false
    }
    for (const [old, { until }] of failures) if (until + failedPodBackoff.resetAfterMs < now) failures.delete(old)
    const backoff = record?.backoff ?? newBackoff(failedPodBackoff, context)
    failures.set(key, { backoff, until: now + backoff.next() })
    const text = `Found failed daemon pod ${name}, will try to kill it`
    context.recorder.event(daemonSet, 'Warning', 'FailedDaemonPod', text)
    return true
  })
  return { remove: remove.map(e => e.pod), next }
}

async function write(
  { daemonSet, hash }: Daemons,
  { create, remove }: { create: readonly string[]; remove: readonly Pod[] },
  context: ReconcileContext,
): Promise<void> {
  await inSlowStartBatches(create.slice(0, burst), node =>
    createPod(newDaemonPod(daemonSet, daemonSetKind, { node, hash }), daemonSet, context).catch(error => {
      if (!isNamespaceTerminating(error)) throw error
    }),
  )
  await allAtOnce(remove.slice(0, burst), pod => deletePod(pod, daemonSet, context))
}
