/** The writes a Deployment makes to its ReplicaSets: creating the newest, scaling, telling them about revision and size. */
import { deployment as deploymentKind, replicaSet as replicaSetKind } from '../../apis/apps-v1/index.js'
import type { Deployment, ReplicaSet } from '../../apis/generated/apps-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import { isNamespaceTerminating } from '../../client/error-causes.js'
import { cloneJson } from '../../machinery/clone.js'
import type { ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import { findCondition } from '../runtime/conditions.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { isControlledBy, newControllerRef } from '../runtime/owner.js'
import { newestAnnotations, revisionAnnotation, sizeAnnotations } from './annotations.js'
import { progressDeadline } from './limits.js'
import { newestSize } from './plan-rollout.js'
import type { Scaling } from './plan-scale.js'
import { type ConditionText, reasons, setCondition } from './plan-status.js'
import { nextRevision, type Revisions, sizeOf } from './revisions.js'
import { equalTemplates, hashTemplate, podTemplateHash, replicaSetName } from './template-hash.js'

/** The Deployment as last written, and its ReplicaSets. */
export interface Rollout {
  deployment: Deployment
  revisions: Revisions
}

/** Scales to the size given, with an event where it changes; answers the ReplicaSet as it is now. */
export async function scaleReplicaSet(
  deployment: Deployment,
  { replicaSet, replicas }: Scaling,
  { client, recorder }: ReconcileContext,
): Promise<ReplicaSet> {
  const size = sizeOf(replicaSet)
  const annotations = { ...replicaSet.metadata.annotations, ...sizeAnnotations(deployment) }
  if (size === replicas && semanticEqual(annotations, replicaSet.metadata.annotations)) return replicaSet
  const updated = await client.update(replicaSetKind, {
    ...replicaSet,
    metadata: { ...replicaSet.metadata, annotations },
    spec: { ...replicaSet.spec, replicas },
  })
  if (size !== replicas) {
    const direction = size < replicas ? 'up' : 'down'
    const text = `Scaled ${direction} replica set ${replicaSet.metadata.name} from ${size} to ${replicas}`
    recorder.event(deployment, 'Normal', 'ScalingReplicaSet', text)
  }
  return updated
}

/**
 * Brings annotations and minReadySeconds of the newest ReplicaSet up to date, then the Deployment's revision; nothing to
 * do where there is none yet.
 */
export async function syncNewest({ deployment, revisions }: Rollout, context: ReconcileContext): Promise<Rollout> {
  const { newest, old } = revisions
  if (!newest) return { deployment, revisions }
  const annotations = newestAnnotations(deployment, newest.metadata.annotations, nextRevision(old))
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0
  if (
    !semanticEqual(annotations, newest.metadata.annotations) ||
    minReadySeconds !== (newest.spec.minReadySeconds ?? 0)
  ) {
    const updated = await context.client.update(replicaSetKind, {
      ...newest,
      metadata: { ...newest.metadata, annotations },
      spec: { ...newest.spec, minReadySeconds },
    })
    return { deployment, revisions: { newest: updated, old } }
  }
  // Without any condition it has never been followed: progress counts from now.
  const followed = findCondition(deployment.status?.conditions, 'Progressing') !== undefined
  const found = followed
    ? undefined
    : progressText(reasons.foundNewReplicaSet, `Found new replica set "${newest.metadata.name}"`)
  const revision = newest.metadata.annotations?.[revisionAnnotation]
  return { deployment: await record(deployment, { revision, condition: found }, context), revisions }
}

const progressText = (reason: string, message: string, status: 'True' | 'False' = 'True'): ConditionText => ({
  type: 'Progressing',
  status,
  reason,
  message,
})

/** Writes revision and condition to the Deployment, where they say something new. */
async function record(
  deployment: Deployment,
  news: { revision?: string; condition?: ConditionText },
  { client, clock }: ReconcileContext,
): Promise<Deployment> {
  const { annotations = {} } = deployment.metadata
  const condition = progressDeadline(deployment) === undefined ? undefined : news.condition
  const revision = news.revision !== annotations[revisionAnnotation] ? news.revision : undefined
  if (revision === undefined && !condition) return deployment
  const conditions = condition
    ? setCondition(deployment.status?.conditions, condition, clock.now())
    : deployment.status?.conditions
  return client.updateStatus(deploymentKind, {
    ...deployment,
    metadata: {
      ...deployment.metadata,
      annotations: revision === undefined ? annotations : { ...annotations, [revisionAnnotation]: revision },
    },
    status: { ...deployment.status, ...(conditions && { conditions }) },
  })
}

function newReplicaSet({ deployment, revisions }: Rollout): ReplicaSet {
  const template = cloneJson(deployment.spec.template)
  const hash = hashTemplate(template, deployment.status?.collisionCount)
  const labels = { ...template.metadata?.labels, [podTemplateHash]: hash }
  const { selector } = deployment.spec
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: replicaSetName(deployment.metadata.name ?? '', hash),
      namespace: deployment.metadata.namespace,
      ownerReferences: [newControllerRef(deploymentKind, deployment)],
      labels,
      annotations: {
        ...newestAnnotations(deployment, undefined, nextRevision(revisions.old)),
        ...sizeAnnotations(deployment),
      },
    },
    spec: {
      replicas: newestSize(deployment, revisions.old, 0),
      minReadySeconds: deployment.spec.minReadySeconds ?? 0,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [podTemplateHash]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
}

/** Creates the ReplicaSet of today's template. A name taken by another template raises the collision count and throws. */
export async function createNewest(
  rollout: Rollout,
  context: ReconcileContext,
): Promise<{ deployment: Deployment; revisions: Revisions & { newest: ReplicaSet } }> {
  const { deployment, revisions } = rollout
  const wanted = newReplicaSet(rollout)
  const { created, existed } = await create(wanted, deployment, context)
  const name = created.metadata.name
  const size = sizeOf(wanted)
  if (!existed && size > 0)
    context.recorder.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${size}`)
  const news = {
    revision: wanted.metadata.annotations?.[revisionAnnotation],
    condition: existed ? undefined : progressText(reasons.newReplicaSet, `Created new replica set "${name}"`),
  }
  return {
    deployment: await record(deployment, news, context),
    revisions: { newest: created, old: revisions.old },
  }
}

async function create(
  wanted: ReplicaSet,
  deployment: Deployment,
  context: ReconcileContext,
): Promise<{ created: ReplicaSet; existed: boolean }> {
  const { client, recorder } = context
  try {
    return { created: await client.create(replicaSetKind, wanted), existed: false }
  } catch (error) {
    if (isReason(error, 'AlreadyExists')) {
      const existing = await client.get(replicaSetKind, wanted.metadata as ObjectKey)
      if (isControlledBy(existing, deployment) && equalTemplates(existing.spec.template, deployment.spec.template))
        return { created: existing, existed: true }
      await client.updateStatus(deploymentKind, {
        ...deployment,
        status: { ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 },
      })
    } else if (!isNamespaceTerminating(error)) {
      const text = `Failed to create new replica set "${wanted.metadata.name}": ${(error as Error).message}`
      recorder.event(deployment, 'Warning', reasons.createError, text)
      // The failure to create is the bigger issue: one to report it must not hide it.
      await record(deployment, { condition: progressText(reasons.createError, text, 'False') }, context).catch(() => {})
    }
    throw error
  }
}
