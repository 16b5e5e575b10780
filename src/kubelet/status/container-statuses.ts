/** Turns what the runtime has into a pod's container statuses; upstream's convertToAPIContainerStatuses. Pure. */
import type { ContainerState, ContainerStatus, Pod, VolumeMountStatus } from '../../apis/generated/core-v1.js'
import { formatTime } from '../../machinery/clock.js'
import { type AnyContainer, initContainersOf, isRestartableInit, restartsAfter } from '../pods/pod.js'
import { latestOf, type PodState } from '../pods/pod-state.js'
import type { ContainerStatus as RuntimeStatus } from '../runtime/types.js'
import type { ResizeView } from './conditions.js'

/** Why a container could not be started when that was last tried: `CrashLoopBackOff`, `ErrImagePull`, … */
export interface StartFailure {
  reason: string
  message: string
}

export interface ContainerStatusInput {
  pod: Pod
  state: PodState
  /** Scheme of container ids, such as `docker`. */
  runtimeName: string
  /** By container name. */
  failures: ReadonlyMap<string, StartFailure>
  resize?: Pick<ResizeView, 'actuated'>
}

type ContainerKind = 'init' | 'main' | 'ephemeral'

function stateOf(status: RuntimeStatus, runtimeName: string): ContainerState {
  if (status.state === 'running') return { running: { startedAt: formatTime(status.startedAt ?? status.createdAt) } }
  if (status.state !== 'exited') return { waiting: {} }
  return {
    terminated: {
      exitCode: status.exitCode ?? 0,
      ...(status.reason && { reason: status.reason }),
      ...(status.message && { message: status.message }),
      startedAt: formatTime(status.startedAt ?? 0),
      finishedAt: formatTime(status.finishedAt ?? 0),
      containerID: `${runtimeName}://${status.id}`,
    },
  }
}

function volumeMountsOf(container: AnyContainer): VolumeMountStatus[] | undefined {
  return container.volumeMounts?.map(({ name, mountPath, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly && { readOnly, recursiveReadOnly: 'Disabled' }),
  }))
}

function fromRuntime(
  container: AnyContainer,
  status: RuntimeStatus,
  { runtimeName, resize }: ContainerStatusInput,
): ContainerStatus {
  const { resources } = container
  const actual = (status.state === 'running' && resize?.actuated(status.id)) || resources
  return {
    name: container.name,
    state: stateOf(status, runtimeName),
    lastState: {},
    ready: false,
    restartCount: status.attempt,
    image: status.image,
    imageID: status.imageRef,
    containerID: `${runtimeName}://${status.id}`,
    ...(resources?.requests && { allocatedResources: { ...resources.requests } }),
    resources: { ...actual },
  }
}

/** The record vanished while the API says it ran: it ended, we cannot know how. */
const lostExit = {
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was deleted.  The container used to be Running',
  exitCode: 137,
  startedAt: null,
  finishedAt: null,
} as unknown as NonNullable<ContainerState['terminated']>

function withoutRecord(pod: Pod, container: AnyContainer, old: ContainerStatus | undefined): ContainerStatus {
  const waiting = { reason: initContainersOf(pod).length > 0 ? 'PodInitializing' : 'ContainerCreating' }
  const fresh: ContainerStatus = {
    name: container.name,
    state: { waiting },
    lastState: {},
    ready: false,
    restartCount: 0,
    image: container.image ?? '',
    imageID: '',
  }
  if (!old) return fresh
  if (old.state?.terminated) return { ...old, ready: false }
  const status = { ...fresh, restartCount: old.restartCount, lastState: old.lastState ?? {} }
  if (!old.state?.running || status.lastState.terminated) return status
  const restarts = pod.metadata.deletionTimestamp ? 0 : 1
  return { ...status, lastState: { terminated: lostExit }, restartCount: status.restartCount + restarts }
}

function willStart({ pod, state }: ContainerStatusInput, container: AnyContainer, kind: ContainerKind): boolean {
  const latest = latestOf(state, container.name)
  if (pod.metadata.deletionTimestamp) return false
  if (!latest) return true
  if (latest.state === 'running') return false
  if (latest.state !== 'exited') return true
  if (kind === 'init' && latest.exitCode === 0 && !isRestartableInit(container)) return false
  return kind !== 'ephemeral' && restartsAfter(pod, container, latest.exitCode ?? 0)
}

function oneStatus(
  input: ContainerStatusInput,
  container: AnyContainer,
  kind: ContainerKind,
  old: ContainerStatus | undefined,
): ContainerStatus {
  const records = input.state.containers.filter(({ name }) => name === container.name)
  const [latest, previous] = records
  let status = latest ? fromRuntime(container, latest, input) : withoutRecord(input.pod, container, old)
  if (latest) {
    if (previous) status.lastState = stateOf(previous, input.runtimeName)
    else if (old?.lastState?.terminated) status.lastState = old.lastState
  }
  const volumeMounts = volumeMountsOf(container)
  if (volumeMounts) status.volumeMounts = volumeMounts
  const failure = input.failures.get(container.name)
  if (failure && willStart(input, container, kind)) {
    const ended = status.state?.terminated ? { lastState: status.state } : {}
    const { reason, message } = failure
    status = { ...status, ...ended, state: { waiting: { reason, ...(message && { message }) } } }
  }
  return status
}

export interface ContainerStatuses {
  containerStatuses: ContainerStatus[]
  initContainerStatuses?: ContainerStatus[]
  ephemeralContainerStatuses?: ContainerStatus[]
}

const byName = (a: ContainerStatus, b: ContainerStatus) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

/** Readiness is not in it: that hangs on probes. The pod's status before fills in for records that are gone. */
export function containerStatusesOf(input: ContainerStatusInput): ContainerStatuses {
  const { spec, status = {} } = input.pod
  const convert = (list: readonly AnyContainer[], kind: ContainerKind, before: readonly ContainerStatus[] = []) =>
    list.map(container =>
      oneStatus(
        input,
        container,
        kind,
        before.find(({ name }) => name === container.name),
      ),
    )
  const { initContainers, ephemeralContainers } = spec
  return {
    containerStatuses: convert(spec.containers, 'main', status.containerStatuses).sort(byName),
    ...(initContainers?.length && {
      initContainerStatuses: convert(initContainers, 'init', status.initContainerStatuses),
    }),
    ...(ephemeralContainers?.length && {
      ephemeralContainerStatuses: convert(ephemeralContainers, 'ephemeral', status.ephemeralContainerStatuses).sort(
        byName,
      ),
    }),
  }
}
