/** The state of a pod in a few words, as `kubectl get pods` shows it: `Init:0/1`, `CrashLoopBackOff`, `3 (5m ago)`. */
import { ageSince } from '../../machinery/duration.js'
import type { ContainerState, ContainerStatus, Pod } from '../generated/core-v1.js'
import { isRestartableInitContainer } from './pod-spec/visit-containers.js'
import { getCondition, isConditionTrue, isPodTerminal } from './pod-status.js'

export interface PodSummary {
  ready: number
  /** Containers and sidecars. */
  total: number
  reason: string
  restarts: number
  /** RFC 3339; `''` when nothing was restarted. */
  lastRestart: string
}

/** Later of two RFC 3339 times of one precision. */
const later = (a: string, b: string | undefined) => (b && Date.parse(b) > (a ? Date.parse(a) : 0) ? b : a)

class Restarts {
  count = 0
  last = ''
  add({ restartCount, lastState }: ContainerStatus): void {
    this.count += restartCount ?? 0
    this.last = later(this.last, lastState?.terminated?.finishedAt)
  }
}

const endOf = ({ terminated }: ContainerState): string =>
  terminated?.reason || (terminated?.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated?.exitCode ?? 0}`)

const initialReason = ({ status }: Pod): string =>
  getCondition(status, 'PodScheduled')?.reason === 'SchedulingGated'
    ? 'SchedulingGated'
    : status?.reason || (status?.phase ?? '')

interface InitProgress {
  /** Set when an init container holds the pod up. */
  reason?: string
  readySidecars: number
  all: Restarts
  sidecars: Restarts
}

/** The reason an init container gives for not being through; undefined when it is. */
function initReason({ state = {} }: ContainerStatus, index: number, total: number): string | undefined {
  const { terminated, waiting } = state
  if (terminated) return terminated.exitCode === 0 ? undefined : `Init:${endOf(state)}`
  if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`
  return `Init:${index}/${total}`
}

function initProgress({ spec, status }: Pod): InitProgress {
  const progress: InitProgress = { readySidecars: 0, all: new Restarts(), sidecars: new Restarts() }
  const containers = spec.initContainers ?? []
  for (const [i, container] of (status?.initContainerStatuses ?? []).entries()) {
    const isSidecar = isRestartableInitContainer(containers.find(c => c.name === container.name))
    progress.all.add(container)
    if (isSidecar) progress.sidecars.add(container)
    const isDone = container.state?.terminated?.exitCode === 0
    if (!isDone && isSidecar && container.started) {
      if (container.ready) progress.readySidecars++
      continue
    }
    const reason = initReason(container, i, containers.length)
    if (reason === undefined) continue
    progress.reason = reason
    break
  }
  return progress
}

/** The first container with something to say decides, so the list is read backwards. */
function runningState(pod: Pod, before: string, restarts: Restarts): { reason: string; ready: number } {
  let reason = before
  let ready = 0
  for (const container of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    const { state = {} } = container
    restarts.add(container)
    if (state.waiting?.reason) reason = state.waiting.reason
    else if (state.terminated) reason = endOf(state)
    else if (container.ready && state.running) ready++
  }
  // A container that ended does not make a pod complete while another runs.
  if (reason === 'Completed' && ready) reason = isConditionTrue(pod.status, 'Ready') ? 'Running' : 'NotReady'
  return { reason, ready }
}

function deletionReason(pod: Pod): string | undefined {
  if (!pod.metadata.deletionTimestamp) return undefined
  if (pod.status?.reason === 'NodeLost') return 'Unknown'
  return isPodTerminal(pod) ? undefined : 'Terminating'
}

/** Readiness, reason and restarts, by upstream's rules. */
export function summarizePod(pod: Pod): PodSummary {
  const { spec, status } = pod
  const total = (spec.containers ?? []).length + (spec.initContainers ?? []).filter(isRestartableInitContainer).length
  const init = initProgress(pod)
  let reason = init.reason ?? initialReason(pod)
  let ready = init.readySidecars
  let restarts = init.all
  if (init.reason === undefined || isConditionTrue(status, 'Initialized')) {
    restarts = init.sidecars
    const running = runningState(pod, reason, restarts)
    reason = running.reason
    ready += running.ready
  }
  return {
    ready,
    total,
    reason: deletionReason(pod) ?? reason,
    restarts: restarts.count,
    lastRestart: restarts.last,
  }
}

/** `3 (5m ago)`, or the number alone. */
export const printRestarts = ({ restarts, lastRestart }: PodSummary, now: number): string =>
  restarts && lastRestart ? `${restarts} (${ageSince(lastRestart, now)} ago)` : `${restarts}`

/** `1/2` readiness gates that are met, or `<none>`. */
export function printReadinessGates({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? []
  const met = gates.filter(gate => isConditionTrue(status, gate.conditionType)).length
  return gates.length ? `${met}/${gates.length}` : '<none>'
}
