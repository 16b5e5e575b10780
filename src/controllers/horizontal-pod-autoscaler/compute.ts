/** What all metrics of an autoscaler say together: the highest of what each asks for. */
import type { HorizontalPodAutoscaler, MetricStatus } from '../../apis/generated/autoscaling-v2.js'
import { type MetricContext, type MetricError, type MetricProposal, proposeFor } from './metric-proposal.js'

export interface Computed {
  /** Undefined where nothing can be said. */
  best?: MetricProposal
  /** One for each metric, empty for those that failed. */
  statuses: readonly MetricStatus[]
  failures: readonly MetricError[]
  /** What is wrong in all; undefined where nothing is. */
  error?: Error
}

export async function computeReplicas(
  { spec: { metrics } }: HorizontalPodAutoscaler,
  current: number,
  context: MetricContext,
): Promise<Computed> {
  const statuses: MetricStatus[] = []
  const failures: MetricError[] = []
  let best: MetricProposal | undefined
  for (const metric of metrics ?? []) {
    try {
      const proposal = await proposeFor(metric, context)
      statuses.push(proposal.status)
      if (!best || proposal.replicas > best.replicas) best = proposal
    } catch (error) {
      statuses.push({ type: '' })
      failures.push(error as MetricError)
    }
  }
  const [first] = failures
  if (!first) return { statuses, failures, ...(best && { best }) }
  const count = metrics?.length ?? 0
  const error = new Error(
    `invalid metrics (${failures.length} invalid out of ${count}), first error is: ${first.message}`,
  )
  // What is not known might ask for more: nobody goes because of the rest.
  const unusable = !best || best.replicas < current
  return { statuses, failures, error, ...(!unusable && best && { best }) }
}
