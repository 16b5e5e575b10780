/** What a Job's pod failure policy says about a failed pod, and its success policy about succeeded indexes. Pure. */
import type {
  Job,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyRule,
} from '../../apis/generated/batch-v1.js'
import type { ContainerStatus, Pod } from '../../apis/generated/core-v1.js'
import { IndexSet } from './index-set.js'
import { hasFailed } from './pods.js'

export interface FailureVerdict {
  /** The failure counts towards the back-off limit. */
  counts: boolean
  action?: string
  /** The whole Job fails, with this message. */
  failJob?: string
}

const nameOf = ({ metadata }: Pod) => `${metadata.namespace}/${metadata.name}`

function exitCodeMatches(code: number, { operator, values }: PodFailurePolicyOnExitCodesRequirement): boolean {
  return operator === 'In' ? values.includes(code) : operator === 'NotIn' && !values.includes(code)
}

function matchingContainer(pod: Pod, rule: PodFailurePolicyOnExitCodesRequirement): ContainerStatus | undefined {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]
  return statuses.find(({ name, state }) => {
    const code = state?.terminated?.exitCode ?? 0
    return code !== 0 && (rule.containerName ?? name) === name && exitCodeMatches(code, rule)
  })
}

/** What matched, as upstream puts it; undefined where the rule does not apply. */
function evidence(pod: Pod, { onExitCodes, onPodConditions }: PodFailurePolicyRule): string | undefined {
  if (onExitCodes) {
    const found = matchingContainer(pod, onExitCodes)
    return (
      found &&
      `Container ${found.name} for pod ${nameOf(pod)} failed with exit code ${found.state?.terminated?.exitCode}`
    )
  }
  const found = pod.status?.conditions?.find(c =>
    onPodConditions?.some(p => p.type === c.type && (p.status ?? 'True') === c.status),
  )
  return found && `Pod ${nameOf(pod)} has condition ${found.type}`
}

/** The first rule that matches decides; without any, failures count. */
export function judgeFailure({ spec }: Job, pod: Pod): FailureVerdict {
  for (const [index, rule] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    const found = evidence(pod, rule)
    if (!found) continue
    const { action } = rule
    if (action === 'Ignore') return { counts: false, action }
    if (action === 'FailJob')
      return { counts: true, action, failJob: `${found} matching ${action} rule at index ${index}` }
    return { counts: true, action }
  }
  return { counts: true }
}

/** The message of the first failed pod whose failure fails the Job. */
export function failJobMessage(job: Job, pods: readonly Pod[]): string | undefined {
  if (!job.spec.podFailurePolicy) return undefined
  for (const pod of pods.filter(p => hasFailed(p, job))) {
    const { failJob } = judgeFailure(job, pod)
    if (failJob) return failJob
  }
  return undefined
}

/** Upstream's message when enough indexes have succeeded by the success policy. */
export function successPolicyMessage({ spec }: Job, succeeded: IndexSet): string | undefined {
  if (succeeded.size === 0) return undefined
  const met = (spec.successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && succeeded.size >= succeededCount
    const required = IndexSet.parse(succeededIndexes, spec.completions ?? 0)
    const overlap = required.overlap(succeeded)
    return (
      required.size > 0 && (overlap === required.size || (succeededCount !== undefined && overlap >= succeededCount))
    )
  })
  return met < 0 ? undefined : `Matched rules at index ${met}`
}
