/** The phase of a pod out of its containers' statuses; upstream's getPhase. Pure. */
import type { ContainerStatus, Pod } from '../../apis/generated/core-v1.js'
import { initContainersOf, isRestartableInit, restartsAfter } from '../pods/pod.js'

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

export interface PhaseInput {
  pod: Pod
  /** Of init and main containers. */
  statuses: readonly ContainerStatus[]
  /** Nothing will be started any more. */
  terminal: boolean
  /** A container of the pod's own has run in this sandbox. */
  initialized: boolean
}

interface InitCount {
  pending: number
  failed: number
}

function countInits({ pod, statuses }: PhaseInput): InitCount {
  const count: InitCount = { pending: 0, failed: 0 }
  for (const container of initContainersOf(pod)) {
    if (isRestartableInit(container)) continue
    const status = statuses.find(({ name }) => name === container.name)
    const ended = status?.state?.terminated ?? (status?.state?.waiting && status.lastState?.terminated)
    if (!ended) count.pending++
    else if (ended.exitCode !== 0 && !restartsAfter(pod, container, ended.exitCode)) count.failed++
  }
  return count
}

interface MainCount {
  unknown: number
  running: number
  waiting: number
  stopped: number
  succeeded: number
  pendingSidecars: number
}

function countSidecars({ pod, statuses }: PhaseInput, count: MainCount): void {
  for (const container of initContainersOf(pod)) {
    if (!isRestartableInit(container)) continue
    const status = statuses.find(({ name }) => name === container.name)
    if (status?.state?.running) {
      if (!status.started) count.pendingSidecars++
      count.running++
    } else if (status?.state?.waiting) {
      if (status.lastState?.terminated) continue
      count.pendingSidecars++
      count.waiting++
    } else if (!status?.state?.terminated) {
      if (status) count.pendingSidecars++
      count.unknown++
    }
  }
}

function countContainers(input: PhaseInput): MainCount {
  const count: MainCount = { unknown: 0, running: 0, waiting: 0, stopped: 0, succeeded: 0, pendingSidecars: 0 }
  countSidecars(input, count)
  for (const { name } of input.pod.spec.containers) {
    const status = input.statuses.find(s => s.name === name)
    if (status?.state?.running) count.running++
    else if (status?.state?.terminated) {
      count.stopped++
      if (status.state.terminated.exitCode === 0) count.succeeded++
    } else if (status?.state?.waiting) {
      if (status.lastState?.terminated) count.stopped++
      else count.waiting++
    } else count.unknown++
  }
  return count
}

function stoppedPhase({ pod, terminal }: PhaseInput, { stopped, succeeded }: MainCount): PodPhase {
  const outcome = stopped === succeeded ? 'Succeeded' : 'Failed'
  if (terminal) return outcome
  if (pod.spec.restartPolicy === 'Never') return outcome
  if (pod.spec.restartPolicy === 'OnFailure' && outcome === 'Succeeded') return outcome
  return 'Running'
}

export function phaseOf(input: PhaseInput): PodPhase {
  const inits = countInits(input)
  const count = countContainers(input)
  if (inits.failed > 0) return 'Failed'
  if (inits.pending > 0 || (count.pendingSidecars > 0 && !input.initialized) || count.waiting > 0) return 'Pending'
  if (count.unknown > 0) return 'Pending'
  if (count.running > 0) return 'Running'
  return count.stopped > 0 ? stoppedPhase(input, count) : 'Pending'
}
