/** ReplicaSet and ReplicationController: one engine that makes the number of active pods equal `spec.replicas`. */
import { replicaSet } from '../../apis/apps-v1/index.js'
import { pod, replicationController } from '../../apis/core-v1/index.js'
import type { ReplicaSet } from '../../apis/generated/apps-v1.js'
import type { Pod, ReplicationController } from '../../apis/generated/core-v1.js'
import type { LabelSelector } from '../../apis/generated/meta-v1.js'
import { isNamespaceTerminating } from '../../client/error-causes.js'
import type { KindRef } from '../../machinery/kind.js'
import { matchesLabels } from '../../machinery/selector/index.js'
import { createPod, deletePod, newPodFromTemplate } from '../pods/control.js'
import { isPodActive } from '../pods/state.js'
import type { Cache } from '../runtime/cache.js'
import { claimDependents } from '../runtime/claim.js'
import type { Controller, ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { controllerRefOf } from '../runtime/owner.js'
import { allAtOnce, inSlowStartBatches } from '../runtime/slow-start.js'
import { updateStatus } from '../runtime/update-status.js'
import { planNextCheck, planReplicas, planStatus, type ReplicaOwner, type ReplicaPlan } from './plan.js'

interface Engine<T extends ReplicaOwner> {
  name: string
  serviceAccount: string
  component: string
  kind: KindRef<T>
  selectorOf(owner: T): LabelSelector | undefined
}

/** Index on the controller's uid, of active pods only: while thousands end, each of their events wakes their owner. */
const activeByController = 'activeController'

function activeController(object: Pod): string[] {
  const reference = isPodActive(object) ? controllerRefOf(object) : undefined
  return reference ? [reference.uid] : []
}

function defineReplicaController<T extends ReplicaOwner>(engine: Engine<T>): Controller {
  const { kind, selectorOf } = engine
  const matches = (owner: T, object: { metadata: Pod['metadata'] }) =>
    matchesLabels(selectorOf(owner), object.metadata.labels)

  return defineController<T>({
    name: engine.name,
    serviceAccount: engine.serviceAccount,
    component: engine.component,
    for: kind,
    owns: [pod],
    adopts: matches,
    prepare: informer => informer(pod).addIndex(activeByController, activeController),

    async reconcile(owner, context) {
      const { cache, client, clock } = context
      const active = await claimDependents<Pod>(
        {
          ...{ owner, ownerKind: kind, kind: pod, considers: isPodActive, matches: p => matches(owner, p) },
          owned: cache.byIndex(pod, activeByController, owner.metadata.uid ?? ''),
        },
        context,
      )
      const plan = owner.metadata.deletionTimestamp
        ? { create: 0, remove: [] }
        : planReplicas(owner, active, () => relatedPods(owner, kind, cache), clock.now())
      const failure = await scale(plan, owner, kind, context).then(
        () => undefined,
        (error: Error) => error,
      )
      // Report what exists even when scaling failed; the error still causes a backed-off retry.
      const now = clock.now()
      const status = planStatus(owner, active, { failure, now })
      await updateStatus<T>(client, kind, owner, status)
      if (failure) throw failure
      return planNextCheck(owner, active, status, now)
    },
  })
}

async function scale(plan: ReplicaPlan, owner: ReplicaOwner, kind: KindRef, context: ReconcileContext): Promise<void> {
  const { template } = owner.spec
  if (plan.create > 0 && template) {
    context.log.info({ create: plan.create }, 'Too few replicas')
    const pods = Array.from({ length: plan.create }, () => newPodFromTemplate(template, kind, owner))
    await inSlowStartBatches(pods, p => createPod(p, owner, context).catch(ignoreTerminatingNamespace))
  }
  if (plan.remove.length === 0) return
  context.log.info({ remove: plan.remove.length }, 'Too many replicas')
  await allAtOnce(plan.remove, p => deletePod(p, owner, context))
}

/** Nothing can be created there, and the owner is about to go as well. */
function ignoreTerminatingNamespace(error: unknown): void {
  if (!isNamespaceTerminating(error)) throw error
}

/** Pods of all owners that have the same controller: the revisions of a Deployment spread over nodes together. */
function relatedPods<T extends ReplicaOwner>(owner: T, kind: KindRef<T>, cache: Cache): Pod[] {
  const parent = controllerRefOf(owner)
  const siblings = parent
    ? cache.list(kind, owner.metadata.namespace).filter(o => controllerRefOf(o)?.uid === parent.uid)
    : [owner]
  return siblings.flatMap(sibling => cache.ownedBy(sibling, pod))
}

export const replicaSetController = defineReplicaController<ReplicaSet>({
  name: 'replicaset',
  serviceAccount: 'replicaset-controller',
  component: 'replicaset-controller',
  kind: replicaSet,
  selectorOf: ({ spec }) => spec.selector,
})

export const replicationControllerController = defineReplicaController<ReplicationController & ReplicaOwner>({
  name: 'replicationmanager',
  serviceAccount: 'replication-controller',
  component: 'replication-controller',
  kind: replicationController as KindRef<ReplicationController & ReplicaOwner>,
  // Absent or empty selects nothing: the server defaults it to the template's labels.
  selectorOf: ({ spec }) => (Object.keys(spec.selector ?? {}).length > 0 ? { matchLabels: spec.selector } : undefined),
})
