/** The conditions of a pod that the kubelet owns, with upstream's reasons and messages. Pure. */
import type {
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
  ResourceRequirements,
} from '../../apis/generated/core-v1.js'
import { sandboxNeed } from '../pods/plan-pod.js'
import { initContainersOf, isRestartableInit } from '../pods/pod.js'
import type { PodState } from '../pods/pod-state.js'
import type { PodPhase } from './phase.js'

/** Conditions that others set are carried over as they are. */
export const ownedConditions: ReadonlySet<string> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  'PodResizeInProgress',
  'PodResizePending',
])

/** Ours as they should be (`wanted`), others' as the API has them (`seen`). */
export function shownConditions(
  { conditions: wanted = [] }: PodStatus,
  { conditions: seen = [] }: PodStatus = {},
): PodCondition[] {
  const known = new Set(wanted.map(({ type }) => type))
  return [
    ...wanted.map(c => (ownedConditions.has(c.type) ? c : (seen.find(({ type }) => type === c.type) ?? c))),
    ...seen.filter(({ type }) => !known.has(type)),
  ]
}

/** Reason of a DisruptionTarget that the kubelet sets; the eviction API sets others. */
export const kubeletDisruption = 'TerminationByKubelet'

export interface ConditionInput {
  pod: Pod
  state: PodState
  phase: PodPhase
  /** Of init and main containers. */
  statuses: readonly ContainerStatus[]
  /** Conditions set by others: readiness gates are among them. */
  others: readonly PodCondition[]
  resize?: ResizeView
}

/** How far a change of the pod's resources has come. */
export interface ResizeView {
  refusal: { reason: string; message: string } | undefined
  failure: string | undefined
  isUnderWay: boolean
  /** What a container runs with, by its id. */
  actuated(containerId: string): ResourceRequirements | undefined
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>

const good: Verdict = { status: 'True' }

/** Go's `%s` of a string slice. */
const listOf = (names: readonly string[]) => `[${names.join(' ')}]`

function containersReady({ pod, phase, statuses }: ConditionInput): Verdict {
  const names = [...initContainersOf(pod).filter(isRestartableInit), ...pod.spec.containers].map(({ name }) => name)
  const find = (name: string) => statuses.find(status => status.name === name)
  const unknown = names.filter(name => !find(name))
  const unready = names.filter(name => find(name) && !find(name)!.ready)
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  const messages = [
    ...(unknown.length ? [`containers with unknown status: ${listOf(unknown)}`] : []),
    ...(unready.length ? [`containers with unready status: ${listOf(unready)}`] : []),
  ]
  if (messages.length === 0) return good
  return { status: 'False', reason: 'ContainersNotReady', message: messages.join(', ') }
}

function podReady(input: ConditionInput): Verdict {
  const containers = containersReady(input)
  if (containers.status !== 'True') return containers
  const messages = (input.pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = input.others.find(({ type }) => type === conditionType)
    if (!condition) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
    if (condition.status === 'True') return []
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`]
  })
  if (messages.length === 0) return good
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') }
}

function initialized({ pod, phase, statuses }: ConditionInput): Verdict {
  const inits = initContainersOf(pod)
  const find = (name: string) => statuses.find(status => status.name === name)
  const unknown = inits.filter(({ name }) => !find(name)).map(({ name }) => name)
  const incomplete = inits
    .filter(container => {
      const status = find(container.name)
      return status && !(isRestartableInit(container) ? status.started : status.ready)
    })
    .map(({ name }) => name)
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'True', reason: 'PodCompleted' }
  const anyStarted = pod.spec.containers.some(({ name }) => {
    const status = find(name)
    return (
      status && (status.state?.running || status.state?.terminated || status.lastState?.terminated || status.started)
    )
  })
  if (anyStarted) return good
  const messages = [
    ...(unknown.length ? [`containers with unknown status: ${listOf(unknown)}`] : []),
    ...(incomplete.length ? [`containers with incomplete status: ${listOf(incomplete)}`] : []),
  ]
  if (messages.length === 0) return good
  return { status: 'False', reason: 'ContainersNotInitialized', message: messages.join(', ') }
}

const readyToStart = ({ pod, state }: ConditionInput): Verdict => ({
  status: sandboxNeed(pod, state).needed ? 'False' : 'True',
})

function resizing({ resize }: ConditionInput): [string, Verdict][] {
  const { refusal, failure, isUnderWay } = resize ?? {}
  const inProgress: Verdict = failure ? { status: 'True', reason: 'Error', message: failure } : good
  return [
    ...(refusal ? [['PodResizePending', { status: 'True', ...refusal }] as [string, Verdict]] : []),
    ...(isUnderWay ? [['PodResizeInProgress', inProgress] as [string, Verdict]] : []),
  ]
}

/** In upstream's order. Times are kept from the conditions before where the status did not change. */
export function podConditions(input: ConditionInput, now: string): PodCondition[] {
  const before = input.pod.status?.conditions ?? []
  const verdicts: [string, Verdict][] = [
    ['PodReadyToStartContainers', readyToStart(input)],
    ['Initialized', initialized(input)],
    ['Ready', podReady(input)],
    ['ContainersReady', containersReady(input)],
    ['PodScheduled', good],
    ...resizing(input),
  ]
  return verdicts.map(([type, verdict]) => {
    const old = before.find(condition => condition.type === type)
    const same = old?.status === verdict.status
    const generation = input.pod.metadata.generation
    return {
      type,
      // The scheduler's observation stands; the others are ours.
      ...(generation !== undefined && { observedGeneration: generation }),
      lastProbeTime: null as unknown as string,
      lastTransitionTime: (same && old.lastTransitionTime) || now,
      ...verdict,
    }
  })
}
