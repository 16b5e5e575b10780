/** StatefulSet controller: pods with fixed names and storage, started, updated and removed in order. */
import { controllerRevision as revisionKind, statefulSet as setKind } from '../../apis/apps-v1/index.js'
import { persistentVolumeClaim as claimKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { ControllerRevision, StatefulSet } from '../../apis/generated/apps-v1.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { keyOf } from '../../client/indexer.js'
import type { KubernetesObject, ObjectKey } from '../../machinery/object-meta.js'
import { matchesLabels } from '../../machinery/selector/index.js'
import { isReason } from '../../machinery/status-error.js'
import { type History, revisionOfPod, syncHistory, templateOf, trimHistory } from '../history/history.js'
import { nextAvailability } from '../pods/state.js'
import type { Cache } from '../runtime/cache.js'
import { claimDependents } from '../runtime/claim.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { done, requeueAfter } from '../runtime/result.js'
import { allAtOnce } from '../runtime/slow-start.js'
import { updateStatus } from '../runtime/update-status.js'
import { hasStaleClaim, ownersDiffer, syncOwners } from './claim-owners.js'
import { ensureClaims } from './claims.js'
import { isMember, newMember, withIdentity } from './identity.js'
import { type Action, type Members, planMembers, planStatus } from './plan.js'

const hashLabel = 'controller.kubernetes.io/hash'

export const statefulSetController = defineController<StatefulSet>({
  name: 'statefulset',
  for: setKind,
  owns: [podKind, revisionKind],
  // A new pod may wait for the claim of a former one to be gone.
  watches: [
    { kind: claimKind, keys: (claim, cache, { type }) => (type === 'delete' ? setsWithClaim(claim, cache) : []) },
  ],
  adopts: (set, orphan) => matchesLabels(set.spec.selector, orphan.metadata.labels),

  async reconcile(set, context) {
    const { client, clock } = context
    const claim = { owner: set, ownerKind: setKind }
    const selected = (o: KubernetesObject) => matchesLabels(set.spec.selector, o.metadata.labels)
    const pods = await claimDependents<Pod>(
      { ...claim, kind: podKind, matches: p => isMember(set, p) && selected(p) },
      context,
    )
    const revisions = await claimDependents<ControllerRevision>(
      { ...claim, kind: revisionKind, matches: selected },
      context,
    )
    const history = await syncHistory({ owner: set, ownerKind: setKind, hashLabel }, revisions, client)
    const update = history.current
    const current = history.old.find(r => r.metadata.name === set.status?.currentRevision) ?? update
    const members: Members = {
      set,
      pods,
      current: current.metadata.name ?? '',
      update: update.metadata.name ?? '',
      now: clock.now(),
    }
    const failure = set.metadata.deletionTimestamp
      ? undefined
      : await act(planMembers(members), { set, current, update }, context).then(
          () => undefined,
          (error: Error) => error,
        )
    const status = planStatus(members, history.collisionCount)
    await updateStatus(client, setKind, set, status)
    if (failure) throw failure
    await trim(set, pods, { history, current, client })
    const { minReadySeconds = 0 } = set.spec
    const wait = minReadySeconds > 0 ? nextAvailability(pods, minReadySeconds, members.now) : undefined
    return wait === undefined ? done : requeueAfter(wait)
  },
})

const setsWithClaim = ({ metadata: { namespace, name = '' } }: KubernetesObject, cache: Cache): string[] =>
  cache
    .list<StatefulSet>(setKind, namespace)
    .filter(set =>
      set.spec.volumeClaimTemplates?.some(t => name.startsWith(`${t.metadata.name}-${set.metadata.name}-`)),
    )
    .map(keyOf)

async function trim(
  set: StatefulSet,
  pods: readonly Pod[],
  { history, current, client }: { history: History; current: ControllerRevision; client: ReconcileContext['client'] },
): Promise<void> {
  const live = new Set([...pods.map(revisionOfPod), current.metadata.name])
  const old = history.old.filter(r => !live.has(r.metadata.name))
  await trimHistory(set, { ...history, old }, { client, isLive: () => false })
}

interface Revisions {
  set: StatefulSet
  current: ControllerRevision
  update: ControllerRevision
}

async function act(actions: readonly Action[], revisions: Revisions, context: ReconcileContext): Promise<void> {
  const { set } = revisions
  await allAtOnce(actions, async action => {
    switch (action.type) {
      case 'create':
        return create(action, revisions, context)
      case 'claims':
        await ensureClaims(set, action.pod, context)
        return syncOwners(set, action.pod, context)
      case 'owners':
        if (!ownersDiffer(set, action.pod, context.cache)) return
        return report('update', set, action.pod, { context, work: syncOwners(set, action.pod, context) })
      case 'repair':
        await syncOwners(set, action.pod, context)
        return report('update', set, action.pod, { context, work: repair(action.pod, context) })
      case 'condemn':
        // Claims that go with a pod must belong to it before it is gone.
        await syncOwners(set, action.pod, context)
        return report('delete', set, action.pod, { context, work: remove(action.pod, context) })
      case 'delete':
        return report('delete', set, action.pod, { context, work: remove(action.pod, context) })
    }
  })
}

async function create(
  { ordinal, revision }: Extract<Action, { type: 'create' }>,
  revisions: Revisions,
  context: ReconcileContext,
): Promise<void> {
  const { set } = revisions
  const of = revisions[revision]
  const version = { template: templateOf(of), revision: of.metadata.name ?? '' }
  const pod = newMember(set, setKind, { ordinal, version })
  if (hasStaleClaim(set, pod, context.cache)) return
  try {
    await ensureClaims(set, pod, context)
  } catch (error) {
    await report('create', set, pod, { context, work: Promise.reject(error) })
  }
  const work = context.client.create(podKind, pod)
  // The name is taken, perhaps by a pod that is on its way out: it is looked at again.
  if (
    await work.then(
      () => false,
      error => isReason(error, 'AlreadyExists'),
    )
  )
    await work
  await report('create', set, pod, { context, work })
  await syncOwners(set, await work, context)
}

const repair = (pod: Pod, { client }: ReconcileContext) => client.update(podKind, withIdentity(pod))

const remove = ({ metadata }: Pod, { client }: ReconcileContext) =>
  client.delete(podKind, metadata as ObjectKey, { preconditions: { uid: metadata.uid } }).catch(error => {
    if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error
  })

/** Tells of the outcome in an event about the set, in upstream's words. */
async function report(
  verb: 'create' | 'update' | 'delete',
  set: StatefulSet,
  pod: Pod,
  { context, work }: { context: ReconcileContext; work: Promise<unknown> },
): Promise<void> {
  const { recorder } = context
  const title = `${verb[0]?.toUpperCase()}${verb.slice(1)}`
  const subject = `${verb} Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`
  try {
    await work
    recorder.event(set, 'Normal', `Successful${title}`, `${subject} successful`)
  } catch (error) {
    recorder.event(set, 'Warning', `Failed${title}`, `${subject} failed error: ${(error as Error).message}`)
    throw error
  }
}
