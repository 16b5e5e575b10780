/** Deployment controller: keeps ReplicaSets of the right size for today's template and for those it is leaving behind. */
import { deployment as deploymentKind, replicaSet as replicaSetKind } from '../../apis/apps-v1/index.js'
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../apis/generated/apps-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import type { Client } from '../../client/client.js'
import { keyOf } from '../../client/indexer.js'
import type { KubernetesObject, ObjectKey } from '../../machinery/object-meta.js'
import { matchesLabels } from '../../machinery/selector/index.js'
import { isReason } from '../../machinery/status-error.js'
import type { Cache } from '../runtime/cache.js'
import { claimDependents } from '../runtime/claim.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { controllerRefOf } from '../runtime/owner.js'
import { done, type Result } from '../runtime/result.js'
import { wanted } from './limits.js'
import { oldPodsRun, planRecreate, planRolling } from './plan-rollout.js'
import { isScalingEvent, planScale } from './plan-scale.js'
import { isComplete, planCounts, planPausedCondition, planProgressCheck, planRolloutStatus } from './plan-status.js'
import { createNewest, type Rollout, scaleReplicaSet, syncNewest } from './replica-sets.js'
import { planCleanup, revisionsOf } from './revisions.js'
import { rollBack, rollbackTarget } from './rollback.js'

const selectsAll = ({ spec: { selector } }: Deployment) =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions?.length ?? 0) === 0

export const deploymentController = defineController<Deployment>({
  name: 'deployment',
  for: deploymentKind,
  owns: [replicaSetKind],
  adopts: (owner, orphan) => !selectsAll(owner) && matchesLabels(owner.spec.selector, orphan.metadata.labels),
  // A Recreate waits for the last old pod to be gone.
  watches: [{ kind: podKind, keys: (pod, cache, { type }) => (type === 'delete' ? recreatingOwner(pod, cache) : []) }],
  prepare: informer => informer(podKind),

  async reconcile(deployment, context) {
    if (selectsAll(deployment)) return reportSelectingAll(deployment, context)
    const replicaSets = await claimDependents<ReplicaSet>(
      {
        owner: deployment,
        ownerKind: deploymentKind,
        kind: replicaSetKind,
        matches: rs => matchesLabels(deployment.spec.selector, rs.metadata.labels),
      },
      context,
    )
    const revisions = revisionsOf(deployment, replicaSets)
    if (deployment.metadata.deletionTimestamp) {
      await writeStatus(deployment, planCounts(deployment, revisions, context.clock.now()), context.client)
      return done
    }
    const followed = { deployment: await syncPaused(deployment, context), revisions }
    const rollout = await syncNewest(followed, context)
    const target = rollbackTarget(rollout.deployment)
    if (target !== undefined && !rollout.deployment.spec.paused) return goBack(rollout, target, context)
    if (rollout.deployment.spec.paused || isScalingEvent(rollout.deployment, rollout.revisions))
      return scale(rollout, context)
    return rollout.deployment.spec.strategy?.type === 'Recreate' ? recreate(rollout, context) : roll(rollout, context)
  },
})

function* recreatingOwner(pod: KubernetesObject, cache: Cache): Iterable<string> {
  const ofPod = controllerRefOf(pod)
  if (ofPod?.kind !== 'ReplicaSet') return
  const { namespace } = pod.metadata
  const rs = cache.get(replicaSetKind, { namespace, name: ofPod.name })
  const ofReplicaSet = rs && controllerRefOf(rs)
  if (ofReplicaSet?.kind !== 'Deployment') return
  const owner = cache.get(deploymentKind, { namespace, name: ofReplicaSet.name })
  if (owner?.metadata.uid === ofReplicaSet.uid && owner.spec.strategy?.type === 'Recreate') yield keyOf(owner)
}

async function reportSelectingAll(deployment: Deployment, { client, recorder }: ReconcileContext): Promise<Result> {
  const text = 'This deployment is selecting all pods. A non-empty selector is required.'
  recorder.event(deployment, 'Warning', 'SelectingAll', text)
  const { generation = 0 } = deployment.metadata
  if ((deployment.status?.observedGeneration ?? 0) < generation)
    await writeStatus(deployment, { ...deployment.status, observedGeneration: generation }, client)
  return done
}

async function syncPaused(deployment: Deployment, { client, clock }: ReconcileContext): Promise<Deployment> {
  const conditions = planPausedCondition(deployment, clock.now())
  return conditions ? writeStatus(deployment, { ...deployment.status, conditions }, client) : deployment
}

async function writeStatus(deployment: Deployment, status: DeploymentStatus, client: Client): Promise<Deployment> {
  if (semanticEqual(deployment.status, status)) return deployment
  return client.updateStatus(deploymentKind, { ...deployment, status })
}

/** A paused Deployment only follows its size; one whose size has just changed first does so, and rolls on after that. */
async function scale({ deployment, revisions }: Rollout, context: ReconcileContext): Promise<Result> {
  for (const step of planScale(deployment, revisions)) await scaleReplicaSet(deployment, step, context)
  if (deployment.spec.paused && rollbackTarget(deployment) === undefined)
    await cleanUp({ deployment, revisions }, context.client)
  await writeStatus(deployment, planCounts(deployment, revisions, context.clock.now()), context.client)
  return done
}

/** Only that: the template that it brings is rolled out next. */
async function goBack(rollout: Rollout, target: bigint, context: ReconcileContext): Promise<Result> {
  await rollBack(rollout.revisions.newest ? rollout : await createNewest(rollout, context), target, context)
  return done
}

async function roll(rollout: Rollout, context: ReconcileContext): Promise<Result> {
  const { newest, old } = rollout.revisions
  const started = newest
    ? { deployment: rollout.deployment, revisions: { newest, old } }
    : await createNewest(rollout, context)
  const steps = planRolling(started.deployment, started.revisions)
  for (const step of steps) await scaleReplicaSet(started.deployment, step, context)
  return finish(started, steps.length === 0, context)
}

async function recreate(rollout: Rollout, context: ReconcileContext): Promise<Result> {
  const { deployment, revisions } = rollout
  const steps = planRecreate(revisions)
  for (const step of steps) await scaleReplicaSet(deployment, step, context)
  const waiting = steps.length > 0 || oldPodsRun(revisions, rs => context.cache.ownedBy(rs, podKind))
  if (waiting) return finish(rollout, false, context)
  if (!revisions.newest) return finish(await createNewest(rollout, context), true, context)
  await scaleReplicaSet(deployment, { replicaSet: revisions.newest, replicas: wanted(deployment) }, context)
  return finish(rollout, true, context)
}

/** Forgets old revisions once the rollout is complete, and says how it stands. */
async function finish(rollout: Rollout, settled: boolean, { client, clock }: ReconcileContext): Promise<Result> {
  const { deployment, revisions } = rollout
  if (settled && isComplete(deployment, deployment.status)) await cleanUp(rollout, client)
  const now = clock.now()
  const status = planRolloutStatus(deployment, revisions, now)
  await writeStatus(deployment, status, client)
  return planProgressCheck(deployment, status, now)
}

async function cleanUp({ deployment, revisions }: Rollout, client: Client): Promise<void> {
  for (const { metadata } of planCleanup(deployment, revisions.old)) {
    const preconditions = { uid: metadata.uid }
    await client.delete(replicaSetKind, metadata as ObjectKey, { preconditions }).catch(error => {
      if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error
    })
  }
}
