/** The whole status of a pod from what the runtime has; upstream's generateAPIPodStatus. Pure. */
import { qosClassOf } from '../../apis/core-v1/pod-qos.js'
import type { ContainerStatus, Pod, PodCondition, PodStatus } from '../../apis/generated/core-v1.js'
import { formatTime } from '../../machinery/clock.js'
import { findContainer, isRestartableInit, isTerminalPhase } from '../pods/pod.js'
import { addressesOf, latestOf, type PodState } from '../pods/pod-state.js'
import { kubeletDisruption, ownedConditions, podConditions, type ResizeView } from './conditions.js'
import { containerStatusesOf, type StartFailure } from './container-statuses.js'
import { type PodPhase, phaseOf } from './phase.js'

/** What the probes say of a running container. */
export interface ProbeVerdicts {
  /** Its startup probe, if any, has succeeded. */
  isStarted(container: string, containerId: string): boolean
  /** Its readiness probe, if any, succeeds. */
  isReady(container: string, containerId: string): boolean
}

export interface PodStatusInput {
  /** With the status last written: conditions, start time and phase carry on from it. */
  pod: Pod
  state: PodState
  runtimeName: string
  failures: ReadonlyMap<string, StartFailure>
  probes: ProbeVerdicts
  /** What was given and asked for of cpu and memory. */
  resize?: ResizeView
  hostIPs: readonly string[]
  /** Nothing will be started any more. */
  terminal: boolean
  /** The pod was refused or evicted: it has failed, whatever its containers do. */
  verdict?: { reason: string; message: string; isDisruption?: boolean }
  /** Milliseconds since the epoch. */
  now: number
}

function markReadiness({ pod, probes }: PodStatusInput, statuses: readonly ContainerStatus[]): void {
  for (const status of statuses) {
    const container = findContainer(pod, status.name)
    const isInit = pod.spec.initContainers?.includes(container as never) ?? false
    const id = status.containerID?.replace(/^[^:]*:\/\//, '') ?? ''
    const running = status.state?.running !== undefined
    status.started = running && probes.isStarted(status.name, id)
    if (isInit && !isRestartableInit(container!)) status.ready = status.state?.terminated?.exitCode === 0
    else status.ready = running && status.started && probes.isReady(status.name, id)
  }
}

/** Phases do not go back from the terminal ones. */
function phaseNow(input: PodStatusInput, statuses: readonly ContainerStatus[]): PodPhase {
  const { pod, state, terminal, verdict } = input
  const before = pod.status?.phase
  if (isTerminalPhase(before)) return before as PodPhase
  if (verdict) return 'Failed'
  const initialized = pod.spec.containers.some(({ name }) => {
    const latest = latestOf(state, name)
    return latest?.state === 'running' || (latest?.state === 'exited' && latest.sandboxId === state.sandboxes[0]?.id)
  })
  return phaseOf({ pod, statuses, terminal, initialized })
}

function addresses(input: PodStatusInput): Partial<PodStatus> {
  const { pod, state, hostIPs } = input
  const own = pod.spec.hostNetwork ? hostIPs : addressesOf(state)
  // A stopped sandbox has lost its address; the pod had one all the same.
  const shown = own.length > 0 ? own : (pod.status?.podIPs ?? []).map(({ ip }) => ip)
  return {
    ...(hostIPs[0] && { hostIP: hostIPs[0], hostIPs: hostIPs.map(ip => ({ ip })) }),
    ...(shown[0] && { podIP: shown[0], podIPs: shown.map(ip => ({ ip })) }),
  }
}

/** The explanation stays with the phase it belongs to. */
function explanation({ pod, verdict }: PodStatusInput, phase: PodPhase): Pick<PodStatus, 'reason' | 'message'> {
  if (verdict && !isTerminalPhase(pod.status?.phase)) return { reason: verdict.reason, message: verdict.message }
  if (phase !== pod.status?.phase) return {}
  const { reason, message } = pod.status
  return { ...(reason && { reason }), ...(message && { message }) }
}

/** Conditions of others, and the one that is shared with them: that the pod goes for the sake of others. */
function withDisruption({ pod, verdict }: PodStatusInput, time: string): PodCondition[] {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => !ownedConditions.has(type))
  if (!verdict?.isDisruption || others.some(({ reason }) => reason === kubeletDisruption)) return others
  const { generation } = pod.metadata
  const disruption = {
    type: 'DisruptionTarget',
    ...(generation !== undefined && { observedGeneration: generation }),
    status: 'True',
    lastProbeTime: null as unknown as string,
    lastTransitionTime: time,
    reason: kubeletDisruption,
    message: verdict.message,
  }
  return [...others.filter(({ type }) => type !== 'DisruptionTarget'), disruption]
}

export function podStatusOf(input: PodStatusInput): PodStatus {
  const { pod, now, state } = input
  const containers = containerStatusesOf(input)
  const { containerStatuses, initContainerStatuses = [], ephemeralContainerStatuses = [] } = containers
  markReadiness(input, [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses])
  for (const status of ephemeralContainerStatuses) status.ready = false
  const statuses = [...initContainerStatuses, ...containerStatuses]
  const phase = phaseNow(input, statuses)
  const others = withDisruption(input, formatTime(now))
  const time = formatTime(now)
  return {
    ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    phase,
    conditions: [
      ...podConditions({ pod, state, phase, statuses, others, ...(input.resize && { resize: input.resize }) }, time),
      ...others,
    ],
    ...explanation(input, phase),
    ...addresses(input),
    startTime: pod.status?.startTime ?? time,
    ...containers,
    qosClass: qosClassOf(pod),
    ...carriedOver(pod.status),
  }
}

/** Fields of the status that others own. */
function carriedOver({ nominatedNodeName, resize, resourceClaimStatuses }: PodStatus = {}): Partial<PodStatus> {
  return {
    ...(nominatedNodeName && { nominatedNodeName }),
    ...(resize && { resize }),
    ...(resourceClaimStatuses && { resourceClaimStatuses }),
  }
}
