/** Disruption controller: says in each PodDisruptionBudget how many of its pods may be evicted now. */
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { PodDisruptionBudget } from '../../apis/generated/policy-v1.js'
import { podDisruptionBudget as budgetKind } from '../../apis/policy-v1/index.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import { keyOf } from '../../client/indexer.js'
import { formatTime } from '../../machinery/clock.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { describeLabelSelector, matchesLabels } from '../../machinery/selector/index.js'
import { isReason } from '../../machinery/status-error.js'
import { isPodTerminal, timeOf } from '../pods/state.js'
import type { Cache } from '../runtime/cache.js'
import type { Controller, ReconcileContext } from '../runtime/controller.js'
import { type Change, defineController } from '../runtime/define-controller.js'
import { controllerRefOf } from '../runtime/owner.js'
import { done, type Result, requeueAfter } from '../runtime/result.js'
import { ContestedPods } from './contested-pods.js'
import { countHealthy, needsScale, planDisruptions, planExpectation, planStatus, withAllowedCondition } from './plan.js'
import { scaledKinds, wantedPods } from './scale.js'

/** A pod that says it is being evicted, and is not being deleted after two minutes, is not. */
const staleDisruptionMs = 120_000

const selects = ({ spec, metadata }: PodDisruptionBudget, object: KubernetesObject): boolean =>
  spec?.selector !== undefined &&
  metadata.namespace === object.metadata.namespace &&
  matchesLabels(spec.selector, object.metadata.labels)

export const disruptionController: Controller = {
  name: 'disruption',
  start: deps => define(new ContestedPods()).start(deps),
}

const define = (contested: ContestedPods): Controller =>
  defineController<PodDisruptionBudget>({
    name: 'disruption',
    serviceAccount: 'disruption-controller',
    component: 'controllermanager',
    for: budgetKind,
    reads: scaledKinds,
    watches: [{ kind: podKind, keys: (pod, cache, change) => budgetsOfPod(pod as Pod, { cache, change, contested }) }],

    async reconcile(budget, context) {
      contested.tell(budget, context)
      const pods = context.cache.list(podKind, budget.metadata.namespace).filter(p => selects(budget, p))
      try {
        return await sync(budget, pods, context)
      } catch (error) {
        if (isReason(error, 'Conflict') || isReason(error, 'NotFound')) throw error
        await failSafe(budget, error as Error, context)
        return done
      }
    },
    async gone(key) {
      contested.forget(key)
    },
  })

function budgetsOfPod(
  pod: Pod,
  { cache, change, contested }: { cache: Cache; change: Change; contested: ContestedPods },
): string[] {
  const budgets = cache.list<PodDisruptionBudget>(budgetKind, pod.metadata.namespace)
  if (budgets.length === 0) return []
  contested.note(
    pod,
    budgets.filter(b => selects(b, pod)),
  )
  return budgets.filter(b => selects(b, pod) || (change.old && selects(b, change.old))).map(keyOf)
}

async function sync(budget: PodDisruptionBudget, pods: readonly Pod[], context: ReconcileContext): Promise<Result> {
  const { client, clock, recorder } = context
  if (pods.length === 0) recorder.event(budget, 'Normal', 'NoPods', 'No matching pods found')
  const scale = needsScale(budget) ? await scaleOf(budget, pods, context) : 0
  const now = clock.now()
  const disruptions = planDisruptions(budget, pods, now)
  for (const pod of disruptions.overdue) {
    const { namespace } = budget.metadata
    // Upstream means the budget's name, but says its namespace twice.
    const text = `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`
    recorder.event(pod, 'Warning', 'NotDeleted', text)
  }
  const numbers = { ...planExpectation(budget, pods, scale), healthy: countHealthy(pods, disruptions) }
  const status = planStatus(budget, numbers, { disruptions, now })
  // Evictions write to the status too: one in the meantime must not be lost, so a conflict starts over.
  if (!semanticEqual(budget.status, status)) await client.updateStatus(budgetKind, { ...budget, status })
  return disruptions.recheckMs === undefined ? done : requeueAfter(disruptions.recheckMs)
}

/** What the controllers of the pods want, together. */
async function scaleOf(budget: PodDisruptionBudget, pods: readonly Pod[], context: ReconcileContext): Promise<number> {
  const scales = new Map<string, number>()
  const asked = new Set<string>()
  let unmanaged = false
  for (const pod of pods) {
    const reference = controllerRefOf(pod)
    if (!reference) unmanaged = true
    else if (!asked.has(reference.uid)) {
      asked.add(reference.uid)
      const { uid, replicas } = await wantedPods(reference, pod, context)
      scales.set(uid, replicas)
    }
  }
  if (unmanaged)
    context.recorder.event(
      budget,
      'Warning',
      'UnmanagedPods',
      `Pods selected by this PodDisruptionBudget (selector: ${describeLabelSelector(budget.spec?.selector ?? {})}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
    )
  return [...scales.values()].reduce((sum, n) => sum + n, 0)
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
    const at = formatTime(clock.now())
    const { generation } = pod.metadata
    const cleared = { type: condition.type, status: 'False', observedGeneration: generation, lastTransitionTime: at }
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
