/** Pods that more than one PodDisruptionBudget selects: told of in events, for evictions of them are refused. */
import type { Pod } from '../../apis/generated/core-v1.js'
import type { PodDisruptionBudget } from '../../apis/generated/policy-v1.js'
import { keyOf } from '../../client/indexer.js'
import type { ReconcileContext } from '../runtime/controller.js'

/** Noted when a pod changes, told when the first of its budgets is looked at. */
export class ContestedPods {
  private readonly pods = new Map<string, Pod[]>()

  note(pod: Pod, budgets: readonly PodDisruptionBudget[]): void {
    const [first] = budgets
    if (first && budgets.length > 1) this.pods.set(keyOf(first), [...(this.pods.get(keyOf(first)) ?? []), pod])
  }

  tell(budget: PodDisruptionBudget, { recorder }: ReconcileContext): void {
    for (const pod of this.pods.get(keyOf(budget)) ?? []) {
      const { namespace, name } = pod.metadata
      const text = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  Chose "${budget.metadata.name}" arbitrarily.`
      recorder.event(pod, 'Warning', 'MultiplePodDisruptionBudgets', text)
    }
    this.forget(keyOf(budget))
  }

  forget(budget: string): void {
    this.pods.delete(budget)
  }
}
