/** The last status of a pod whose containers are all down; upstream's TerminatePod. Pure. */
import type { ContainerStatus, PodStatus } from '../../apis/generated/core-v1.js'
import { isTerminalPhase } from '../pods/pod.js'

const lost = {
  terminated: {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    startedAt: null,
    finishedAt: null,
  },
} as unknown as NonNullable<ContainerStatus['state']>

const ended = (status: ContainerStatus): ContainerStatus =>
  status.state?.terminated ? status : { ...status, state: lost, ready: false, started: false }

/** Init containers up to the last that ever ran; those after it never had their turn. */
function endedInits(statuses: readonly ContainerStatus[]): ContainerStatus[] {
  const last = statuses.findLastIndex(({ state, lastState }) => !state?.waiting || lastState?.terminated)
  return statuses.map((status, index) => (index <= last ? ended(status) : status))
}

/** What was not seen to end is taken as failed, and the phase becomes a terminal one. */
export function terminatedStatus(status: PodStatus): PodStatus {
  const { containerStatuses = [], initContainerStatuses, phase, conditions } = status
  const initialized = conditions?.some(c => c.type === 'Initialized' && c.status === 'True') ?? false
  return {
    ...status,
    containerStatuses: initialized ? containerStatuses.map(ended) : containerStatuses,
    ...(initContainerStatuses && { initContainerStatuses: endedInits(initContainerStatuses) }),
    phase: isTerminalPhase(phase) ? phase! : 'Failed',
  }
}
