/** Disruption controller: says in each PodDisruptionBudget how many of its pods may be evicted now. */
import { deployment, replicaSet, statefulSet } from '../../apis/apps-v1/index.js'
import { pod as podKind, replicationController } from '../../apis/core-v1/index.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { PodDisruptionBudget } from '../../apis/generated/policy-v1.js'
import { podDisruptionBudget as budgetKind } from '../../apis/policy-v1/index.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import { keyOf } from '../../client/indexer.js'
import { formatTime } from '../../machinery/clock.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject, OwnerReference } from '../../machinery/object-meta.js'
import { matchesLabels } from '../../machinery/selector/index.js'
import { isReason } from '../../machinery/status-error.js'
import { isPodTerminal, timeOf } from '../pods/state.js'
import type { Cache } from '../runtime/cache.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { type Change, defineController } from '../runtime/define-controller.js'
import { controllerRefOf, refersTo } from '../runtime/owner.js'
import { done, type Result, requeueAfter } from '../runtime/result.js'
import { countHealthy, needsScale, planDisruptions, planExpectation, planStatus, withAllowedCondition } from './plan.js'

type Scaled = KubernetesObject & { spec?: { replicas?: number } }
const scaledKinds = [replicaSet, statefulSet, replicationController] as readonly KindRef[] as readonly KindRef<Scaled>[]

/** A pod that says it is being evicted, and is not being deleted after two minutes, is not. */
const staleDisruptionMs = 120_000

const selects = ({ spec, metadata }: PodDisruptionBudget, object: KubernetesObject): boolean =>
  spec?.selector !== undefined &&
  metadata.namespace === object.metadata.namespace &&
  matchesLabels(spec.selector, object.metadata.labels)

export const disruptionController = defineController<PodDisruptionBudget>({
  name: 'disruption',
  serviceAccount: 'disruption-controller',
  component: 'controllermanager',
  for: budgetKind,
  reads: [deployment, ...scaledKinds],
  watches: [{ kind: podKind, keys: budgetsOfPod }],

  async reconcile(budget, context) {
    const pods = context.cache.list(podKind, budget.metadata.namespace).filter(p => selects(budget, p))
    try {
      return await sync(budget, pods, context)
    } catch (error) {
      if (isReason(error, 'Conflict') || isReason(error, 'NotFound')) throw error
      await failSafe(budget, error as Error, context)
      return done
    }
  },
})

function* budgetsOfPod(pod: KubernetesObject, cache: Cache, { old }: Change): Iterable<string> {
  for (const budget of cache.list(budgetKind, pod.metadata.namespace))
    if (selects(budget, pod) || (old && selects(budget, old))) yield keyOf(budget)
}

async function sync(budget: PodDisruptionBudget, pods: readonly Pod[], context: ReconcileContext): Promise<Result> {
  const { client, clock, recorder } = context
  if (pods.length === 0) recorder.event(budget, 'Normal', 'NoPods', 'No matching pods found')
  const scale = needsScale(budget) ? scaleOf(budget, pods, context) : 0
  const now = clock.now()
  const disruptions = planDisruptions(budget, pods, now)
  for (const pod of disruptions.overdue) {
    const { namespace, name } = budget.metadata
    const text = `Pod was expected by PDB ${namespace}/${name} to be deleted but it wasn't`
    recorder.event(pod, 'Warning', 'NotDeleted', text)
  }
  const numbers = { ...planExpectation(budget, pods, scale), healthy: countHealthy(pods, disruptions) }
  const status = planStatus(budget, numbers, { disruptions, now })
  // Evictions write to the status too: one in the meantime must not be lost, so a conflict starts over.
  if (!semanticEqual(budget.status, status)) await client.updateStatus(budgetKind, { ...budget, status })
  return disruptions.recheckMs === undefined ? done : requeueAfter(disruptions.recheckMs)
}

/** What the controllers of the pods want, together. */
function scaleOf(budget: PodDisruptionBudget, pods: readonly Pod[], { cache, recorder }: ReconcileContext): number {
  const scales = new Map<string, number>()
  let unmanaged = false
  for (const pod of pods) {
    const reference = controllerRefOf(pod)
    if (!reference) unmanaged = true
    else if (!scales.has(reference.uid)) {
      const { uid, replicas } = findScale(reference, pod, cache)
      scales.set(uid, replicas)
    }
  }
  if (unmanaged)
    recorder.event(
      budget,
      'Warning',
      'UnmanagedPods',
      `Pods selected by this PodDisruptionBudget (selector: ${JSON.stringify(budget.spec?.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
    )
  return [...scales.values()].reduce((sum, n) => sum + n, 0)
}

/** The controller of the pod, or the Deployment above it. */
function findScale(reference: OwnerReference, pod: Pod, cache: Cache): { uid: string; replicas: number } {
  const { namespace } = pod.metadata
  for (const kind of scaledKinds) {
    if (!refersTo(reference, kind)) continue
    const owner = cache.get(kind, { namespace, name: reference.name })
    if (owner?.metadata.uid !== reference.uid || !owner) continue
    const above = controllerRefOf(owner)
    const parent = above && refersTo(above, deployment) && cache.get(deployment, { namespace, name: above.name })
    const scaled: Scaled = parent && parent.metadata.uid === above.uid ? parent : owner
    return { uid: scaled.metadata.uid ?? '', replicas: scaled.spec?.replicas ?? 1 }
  }
  throw new Error(`found no controllers for pod "${pod.metadata.name}"`)
}

/** Where nothing can be said, nothing may be evicted. */
async function failSafe(
  budget: PodDisruptionBudget,
  error: Error,
  { client, clock, recorder }: ReconcileContext,
): Promise<void> {
  const text = `Failed to calculate the number of expected pods: ${error.message}`
  recorder.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', text)
  const status = { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, ...budget.status, disruptionsAllowed: 0 }
  const news = {
    status: 'False',
    reason: 'SyncFailed',
    message: error.message,
    observedGeneration: status.observedGeneration,
  }
  const conditions = withAllowedCondition(status.conditions, news, clock.now())
  await client.updateStatus(budgetKind, { ...budget, status: { ...status, conditions } })
}

/** Takes back the word of an eviction that did not come about. */
export const staleDisruptionController = defineController<Pod>({
  name: 'stale_pod_disruption',
  serviceAccount: 'disruption-controller',
  for: podKind,
  relevant: pod => disruptionOf(pod) !== undefined,

  async reconcile(pod, { client, clock }) {
    const condition = disruptionOf(pod)
    if (!condition || pod.metadata.deletionTimestamp) return done
    const left = timeOf(condition.lastTransitionTime) + staleDisruptionMs - clock.now()
    if (left > 0) return requeueAfter(left)
    const cleared = { type: condition.type, status: 'False', lastTransitionTime: formatTime(clock.now()) }
    const conditions = pod.status?.conditions?.map(c => (c === condition ? cleared : c))
    await client.updateStatus(podKind, { ...pod, status: { ...pod.status, conditions } })
    return done
  },
})

/** The kubelet's word stands: it may take any time until the pod has ended. */
const disruptionOf = (pod: Pod) =>
  isPodTerminal(pod)
    ? undefined
    : pod.status?.conditions?.find(
        c => c.type === 'DisruptionTarget' && c.status === 'True' && c.reason !== 'TerminationByKubelet',
      )
