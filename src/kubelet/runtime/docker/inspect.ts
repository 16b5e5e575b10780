/** Reads Docker's inspect answers as ContainerStatus. Pure. */
import type { ContainerInfo, ContainerInspectInfo } from 'dockerode'
import type { ContainerState, ContainerStatus } from '../types.js'
import { annotationsOf, type Labels, labelNames, podOf } from './labels.js'

/** Docker prints the year 1 for `never`. */
function parseTime(text: string | undefined): number | undefined {
  const time = text ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) || time <= 0 ? undefined : time
}

export function stateOf(status: string): ContainerState {
  switch (status) {
    case 'running':
    case 'paused':
      return 'running'
    case 'created':
      return 'created'
    case 'exited':
    case 'dead':
      return 'exited'
    default:
      return 'unknown'
  }
}

/** containerd's exit code for a command that could not be started, which is what upstream's users see. */
const startErrorExitCode = 128

function exitOf(state: ContainerInspectInfo['State'], createdAt: number): Partial<ContainerStatus> {
  const failedToStart = state.Status === 'created' && state.Error !== ''
  if (failedToStart) {
    return {
      state: 'exited',
      exitCode: startErrorExitCode,
      reason: 'StartError',
      message: state.Error,
      startedAt: 0,
      finishedAt: createdAt,
    }
  }
  if (stateOf(state.Status) !== 'exited') return {}
  const reason = state.OOMKilled ? 'OOMKilled' : state.ExitCode === 0 ? 'Completed' : 'Error'
  return {
    exitCode: state.ExitCode,
    reason,
    ...(state.Error && { message: state.Error }),
    finishedAt: parseTime(state.FinishedAt) ?? createdAt,
  }
}

/** Of a container in Docker's networks. */
export function addressesOf(info: ContainerInspectInfo): string[] {
  const networks = Object.values(info.NetworkSettings?.Networks ?? {})
  return networks.flatMap(n => [n.IPAddress, n.GlobalIPv6Address]).filter(Boolean)
}

/** `addresses` are those of a sandbox in a network that is not Docker's. */
export function statusOf(info: ContainerInspectInfo, addresses?: readonly string[]): ContainerStatus {
  const labels: Labels = info.Config.Labels ?? {}
  const createdAt = Date.parse(info.Created)
  const type = labels[labelNames.type] === 'sandbox' ? 'sandbox' : 'container'
  const startedAt = parseTime(info.State.StartedAt)
  return {
    id: info.Id,
    type,
    pod: podOf(labels),
    name: labels[labelNames.container] ?? '',
    attempt: Number(labels[labelNames.attempt] ?? 0),
    hash: labels[labelNames.hash] ?? '',
    sandboxId: labels[labelNames.sandbox] ?? info.Id,
    state: stateOf(info.State.Status),
    createdAt,
    ...(startedAt !== undefined && { startedAt }),
    ...exitOf(info.State, createdAt),
    image: labels[labelNames.image] ?? info.Config.Image,
    imageRef: labels[labelNames.imageRef] ?? info.Image,
    annotations: annotationsOf(labels),
    ips: type === 'sandbox' ? (addresses ?? addressesOf(info)) : [],
  }
}

/** Whether a summary of Docker's list still says what was read by inspect before: then inspect need not be asked again. */
export function isCurrent(known: ContainerStatus | undefined, summary: ContainerInfo): known is ContainerStatus {
  if (!known) return false
  const state = stateOf(summary.State)
  return known.state === state || (state === 'created' && known.reason === 'StartError')
}
