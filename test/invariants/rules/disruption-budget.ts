/**
 * An eviction leaves as many healthy pods as the budget wants, unless the pod that goes was not healthy itself. Only evictions: deletions,
 * taints and, where there is no other way, preemption do not ask. A pod that fails just when another is evicted is nobody's fault.
 */
import { getCondition, isPodReady, isPodTerminal } from '../../../src/apis/core-v1/pod-status.js'
import { scaledValue } from '../../../src/machinery/int-or-string.js'
import { labelSelectorFrom, matchesLabels } from '../../../src/machinery/selector/index.js'
import { type Invariant, isOf } from '../invariant.js'
import { type ClusterModel, controllerOf, nameOf } from '../model.js'
import type { Pod, PodDisruptionBudget } from '../objects.js'

const isHealthy = (pod: Pod) => !pod.metadata.deletionTimestamp && !isPodTerminal(pod) && isPodReady(pod)
const isEvicted = ({ metadata, status }: Pod) =>
  Boolean(metadata.deletionTimestamp) && getCondition(status, 'DisruptionTarget')?.reason === 'EvictionByEvictionAPI'

const selects = ({ metadata, spec }: PodDisruptionBudget, pod: Pod) =>
  pod.metadata.namespace === metadata.namespace &&
  spec?.selector !== undefined &&
  matchesLabels(labelSelectorFrom(spec.selector), pod.metadata.labels)

/** How many pods the controllers of these pods want, in all; a ReplicaSet's wish may be its Deployment's. */
function expectedOf(pods: readonly Pod[], model: ClusterModel): number {
  const wishes = new Map<string, number>()
  for (const pod of pods) {
    const owner = controllerOf(pod)
    const set = model.all('ReplicaSet').find(({ metadata }) => metadata.uid === owner?.uid)
    const uid = (set && controllerOf(set)?.uid) ?? owner?.uid ?? ''
    const kinds = ['Deployment', 'ReplicaSet', 'StatefulSet', 'ReplicationController'] as const
    const found = kinds.flatMap(kind => model.all(kind)).find(({ metadata }) => metadata.uid === uid)
    wishes.set(uid, found?.spec?.replicas ?? 1)
  }
  return [...wishes.values()].reduce((sum, wish) => sum + wish, 0)
}

function neededBy({ spec }: PodDisruptionBudget, expected: number): number {
  const { minAvailable, maxUnavailable } = spec ?? {}
  if (maxUnavailable !== undefined) return Math.max(0, expected - scaledValue(maxUnavailable, expected, 'up'))
  return scaledValue(minAvailable ?? 0, expected, 'up')
}

export const disruptionBudget: Invariant = {
  name: 'disruption-budget',
  claim: 'evictions leave as many healthy pods as budgets want',
  *afterChange(change, model) {
    if (!isOf(change, 'Pod') || !change.previous || !change.current) return
    const { previous, current } = change
    if (isEvicted(previous) || !isEvicted(current) || !isHealthy(previous)) return
    for (const budget of model.all('PodDisruptionBudget')) {
      if (!selects(budget, current)) continue
      const selected = model.followed('Pod').filter(({ views }) => views().some(view => view && selects(budget, view)))
      const healthy = selected.filter(
        ({ current: now, views }) => !(now && isEvicted(now)) && views().some(view => view && isHealthy(view)),
      )
      const expected = expectedOf(
        model.all('Pod').filter(pod => selects(budget, pod)),
        model,
      )
      const views = model.views('PodDisruptionBudget', budget.metadata.uid ?? '')
      const needed = Math.min(...views.map(view => neededBy(view, expected)))
      if (healthy.length < needed)
        yield `${nameOf(current)} was evicted, which leaves ${healthy.length} of the ${needed} that ${nameOf(budget)} needs`
    }
  },
}
