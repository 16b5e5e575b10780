/** Going back to a former revision where the annotation asks for it that stands for a field of old API versions. */
import { deployment as deploymentKind } from '../../apis/apps-v1/index.js'
import type { Deployment, ReplicaSet } from '../../apis/generated/apps-v1.js'
import type { PodTemplateSpec } from '../../apis/generated/core-v1.js'
import { cloneJson } from '../../machinery/clone.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { parseRevision, revisionOf, rollbackAnnotation, rolledBackAnnotations } from './annotations.js'
import type { Rollout } from './replica-sets.js'
import { allOf } from './revisions.js'
import { equalTemplates, podTemplateHash } from './template-hash.js'

/** The revision that is asked for, 0 for the last one; undefined where none is, or what is asked for is no number. */
export function rollbackTarget({ metadata }: Deployment): bigint | undefined {
  const text = metadata.annotations?.[rollbackAnnotation]
  return text ? parseRevision(text) : undefined
}

/** The highest but one; 0 where there are not two. */
function lastRevision(replicaSets: readonly ReplicaSet[]): bigint {
  const revisions = replicaSets.map(rs => revisionOf(rs) ?? 0n).sort((a, b) => (a < b ? 1 : -1))
  return revisions[1] ?? 0n
}

function templateOf({ spec }: ReplicaSet): PodTemplateSpec {
  const template = cloneJson(spec.template)
  const { [podTemplateHash]: _, ...labels } = template.metadata?.labels ?? {}
  return { ...template, metadata: { ...template.metadata, labels } }
}

interface Outcome {
  /** The template to go back to. */
  found?: ReplicaSet
  type: 'Normal' | 'Warning'
  reason: string
  message: string
}

const refused = (reason: string, message: string): Outcome => ({ type: 'Warning', reason, message })

/** Pure. */
export function planRollback({ deployment, revisions }: Rollout, target: bigint): Outcome {
  const { name } = deployment.metadata
  const all = allOf(revisions)
  const wanted = target === 0n ? lastRevision(all) : target
  if (wanted === 0n) return refused('DeploymentRollbackRevisionNotFound', 'Unable to find last revision.')
  const found = all.find(rs => revisionOf(rs) === wanted)
  if (!found) return refused('DeploymentRollbackRevisionNotFound', 'Unable to find the revision to rollback to.')
  if (equalTemplates(found.spec.template, deployment.spec.template)) {
    const text = `The rollback revision contains the same template as current deployment "${name}"`
    return refused('DeploymentRollbackTemplateUnchanged', text)
  }
  const message = `Rolled back deployment "${name}" to revision ${wanted}`
  return { found, type: 'Normal', reason: 'DeploymentRollback', message }
}

/** The annotation goes in any case: it asks once. */
export async function rollBack(rollout: Rollout, target: bigint, context: ReconcileContext): Promise<void> {
  const { deployment } = rollout
  const { found, type, reason, message } = planRollback(rollout, target)
  const annotations = found ? rolledBackAnnotations(deployment, found) : { ...deployment.metadata.annotations }
  delete annotations[rollbackAnnotation]
  await context.client.update(deploymentKind, {
    ...deployment,
    metadata: { ...deployment.metadata, annotations },
    ...(found && { spec: { ...deployment.spec, template: templateOf(found) } }),
  })
  context.recorder.event(deployment, type, reason, message)
}
