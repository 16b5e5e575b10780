/** Decides what to do next for a pod: compares its spec with what the runtime has. Pure; upstream's computePodActions. */
import type { Container, Pod, ResourceRequirements } from '../../apis/generated/core-v1.js'
import type { ContainerStatus } from '../runtime/types.js'
import { hashContainer } from './container-hash.js'
import { initContainersOf, isRestartableInit, restartsAfter, restartsOnFailure } from './pod.js'
import { changedResources, needsRestart } from './pod-resize.js'
import { latestOf, type PodState } from './pod-state.js'

export type KillReason = 'startup-probe' | 'liveness-probe' | 'other'

export interface ContainerToKill {
  container: ContainerStatus
  message: string
  reason: KillReason
}

export interface PodPlan {
  /** End every container and the sandbox: it is replaced, or there is nothing left to run. */
  killPod: boolean
  createSandbox: boolean
  /** Of the sandbox to create. */
  attempt: number
  /** Names. Each is started in this order. */
  initContainers: string[]
  containers: string[]
  ephemeralContainers: string[]
  kill: ContainerToKill[]
  /** Those that run with other resources than they were given, and need not restart for it. */
  resize: ContainerStatus[]
}

/** What a container runs with; undefined: what the spec says. */
export type Actuated = (containerId: string) => ResourceRequirements | undefined

export type ProbeOutcome = 'success' | 'failure' | undefined

/** Last outcome of a container's probes by container id; undefined before the first. */
export interface ProbeOutcomes {
  liveness(containerId: string): ProbeOutcome
  startup(containerId: string): ProbeOutcome
}

/** Whether the pod needs another sandbox, and the attempt it would be. */
export function sandboxNeed(pod: Pod, { sandboxes }: PodState): { needed: boolean; attempt: number } {
  const [newest] = sandboxes
  if (!newest) return { needed: true, attempt: 0 }
  const running = sandboxes.filter(({ state }) => state === 'running')
  const lacksAddress = !pod.spec.hostNetwork && newest.ips.length === 0
  const needed = running.length !== 1 || newest.state !== 'running' || lacksAddress
  return { needed, attempt: newest.attempt + 1 }
}

function needsStart(pod: Pod, container: Container, latest: ContainerStatus | undefined): boolean {
  if (pod.metadata.deletionTimestamp) return false
  if (!latest) return true
  if (latest.state === 'running') return false
  return latest.state !== 'exited' || restartsAfter(pod, container, latest.exitCode ?? 0)
}

function planNewSandbox(pod: Pod, state: PodState, attempt: number): PodPlan {
  const plan: PodPlan = { ...emptyPlan(), killPod: true, createSandbox: true, attempt }
  // Everything ended and nothing is to run again: only tidy up.
  if (!restartsOnFailure(pod) && attempt !== 0 && state.containers.length > 0) return { ...plan, createSandbox: false }
  const toStart = pod.spec.containers.filter(({ name }) => {
    const latest = latestOf(state, name)
    return !(pod.spec.restartPolicy === 'OnFailure' && latest?.state === 'exited' && latest.exitCode === 0)
  })
  const initialized = pod.spec.containers.some(({ name }) => latestOf(state, name))
  if (toStart.length === 0 && initialized) return { ...plan, createSandbox: false }
  const [firstInit] = initContainersOf(pod)
  if (firstInit) plan.initContainers = [firstInit.name]
  else plan.containers = toStart.map(({ name }) => name)
  return plan
}

const emptyPlan = (): PodPlan => ({
  killPod: false,
  createSandbox: false,
  attempt: 0,
  initContainers: [],
  containers: [],
  ephemeralContainers: [],
  kill: [],
  resize: [],
})

const changed = (container: Container, running: ContainerStatus) => running.hash !== hashContainer(container)

interface PlanContext {
  pod: Pod
  state: PodState
  probes: ProbeOutcomes
  actuated: Actuated
}

const resizeMessage = ({ name }: Container) => `Container ${name} resize requires restart`

function resizeOf(container: Container, { id }: ContainerStatus, actuated: Actuated): 'update' | 'restart' | undefined {
  const now = actuated(id)
  if (!now) return undefined
  const differing = changedResources(now, container.resources)
  if (differing.length === 0) return undefined
  return needsRestart(container, differing) ? 'restart' : 'update'
}

/**
 * Walks the init containers from the last to the first, because the records of early ones may be gone. The last one that has a
 * record tells how far initialization came; those before it have done their work, and only sidecars among them matter.
 */
class InitPlanner {
  readonly #pod: Pod
  readonly #state: PodState
  readonly #probes: ProbeOutcomes
  readonly #plan: PodPlan
  readonly #actuated: Actuated
  readonly #containers: readonly Container[]
  readonly #wanted = new Set<number>()
  /** Of the container looked at: it had been initialized before. */
  #previously: boolean
  #initialized: boolean

  constructor({ pod, state, probes, actuated }: PlanContext, plan: PodPlan) {
    this.#pod = pod
    this.#state = state
    this.#probes = probes
    this.#actuated = actuated
    this.#plan = plan
    this.#containers = initContainersOf(pod)
    this.#initialized = pod.spec.containers.some(({ name }) => {
      const latest = latestOf(state, name)
      return latest?.state === 'running' || latest?.state === 'created'
    })
    this.#previously = this.#initialized
  }

  /** True when the pod's own containers may be looked at. */
  run(): boolean {
    for (let i = this.#containers.length - 1; i >= 0; i--) {
      const container = this.#containers[i]!
      const latest = latestOf(this.#state, container.name)
      if (latest) {
        if (!this.#look(i, container, latest)) {
          this.#plan.killPod = true
          return false
        }
        this.#previously = true
      } else if (this.#previously && isRestartableInit(container)) this.#wanted.add(i)
    }
    if (!this.#previously) this.#wanted.add(0)
    this.#plan.initContainers = [...this.#wanted].sort((a, b) => a - b).map(i => this.#containers[i]!.name)
    return this.#initialized
  }

  /** False when the pod has failed for good. */
  #look(i: number, container: Container, latest: ContainerStatus): boolean {
    const sidecar = isRestartableInit(container)
    if (this.#previously && !sidecar) return true
    if (latest.state === 'running') {
      if (sidecar) this.#lookAtSidecar(i, container, latest)
      return true
    }
    const succeeded = latest.state === 'exited' && latest.exitCode === 0
    if (!sidecar && succeeded) this.#goOn(i)
    else if (!sidecar && latest.state === 'exited' && !restartsAfter(this.#pod, container, latest.exitCode ?? 0))
      return false
    else this.#wanted.add(i)
    return true
  }

  #goOn(i: number): void {
    if (i === this.#containers.length - 1) this.#initialized = true
    else if (!this.#previously) this.#wanted.add(i + 1)
  }

  #lookAtSidecar(i: number, container: Container, latest: ContainerStatus): void {
    const startup = container.startupProbe ? this.#probes.startup(latest.id) : 'success'
    if (startup === 'failure') this.#replace(i, latest, 'startup-probe')
    if (startup !== 'success') return
    this.#goOn(i)
    if (changed(container, latest)) this.#replace(i, latest, 'other')
    else if (container.livenessProbe && this.#probes.liveness(latest.id) === 'failure')
      this.#replace(i, latest, 'liveness-probe')
    else this.#resizeSidecar(i, container, latest)
  }

  #resizeSidecar(i: number, container: Container, latest: ContainerStatus): void {
    const resize = resizeOf(container, latest, this.#actuated)
    if (resize === 'update') this.#plan.resize.push(latest)
    if (resize !== 'restart') return
    this.#plan.kill.push({ container: latest, message: resizeMessage(container), reason: 'other' })
    this.#wanted.add(i)
  }

  #replace(i: number, latest: ContainerStatus, reason: KillReason): void {
    const why = reason === 'other' ? 'definition changed' : `failed ${reason.replace('-', ' ')}`
    this.#plan.kill.push({ container: latest, message: `Init container ${latest.name} ${why}`, reason })
    this.#wanted.add(i)
  }
}

interface KillVerdict {
  message: string
  reason: KillReason
  /** Whatever the restart policy says. */
  always: boolean
}

function verdictOn(container: Container, running: ContainerStatus, probes: ProbeOutcomes): KillVerdict | undefined {
  const { name } = container
  if (changed(container, running))
    return { message: `Container ${name} definition changed`, reason: 'other', always: true }
  if (probes.liveness(running.id) === 'failure')
    return { message: `Container ${name} failed liveness probe`, reason: 'liveness-probe', always: false }
  if (probes.startup(running.id) === 'failure')
    return { message: `Container ${name} failed startup probe`, reason: 'startup-probe', always: false }
  return undefined
}

function planContainers({ pod, state, probes, actuated }: PlanContext, plan: PodPlan): void {
  let kept = 0
  for (const container of pod.spec.containers) {
    const latest = latestOf(state, container.name)
    if (latest?.state !== 'running') {
      if (needsStart(pod, container, latest)) plan.containers.push(container.name)
      if (latest?.state === 'unknown')
        plan.kill.push({
          container: latest,
          message: 'Container is in "unknown" state, try killing it before restart',
          reason: 'other',
        })
      continue
    }
    const verdict = verdictOn(container, latest, probes)
    const resize = verdict ? undefined : resizeOf(container, latest, actuated)
    if (resize === 'restart') {
      plan.kill.push({ container: latest, message: resizeMessage(container), reason: 'other' })
      plan.containers.push(container.name)
      continue
    }
    if (!verdict) {
      if (resize === 'update') plan.resize.push(latest)
      kept++
      continue
    }
    const restart = verdict.always || restartsOnFailure(pod)
    if (restart) plan.containers.push(container.name)
    const message = restart ? `${verdict.message}, will be restarted` : verdict.message
    plan.kill.push({ container: latest, message, reason: verdict.reason })
  }
  if (kept > 0 || plan.containers.length > 0) return
  plan.killPod = true
  // Sidecars must not keep a finished pod alive.
  plan.initContainers = []
}

/** `state` is what the runtime has now; executing the plan and planning again leads to rest. */
export function planPod(context: PlanContext): PodPlan {
  const { pod, state } = context
  const sandbox = sandboxNeed(pod, state)
  if (sandbox.needed) return planNewSandbox(pod, state, sandbox.attempt)
  const plan = emptyPlan()
  // They are never started twice.
  plan.ephemeralContainers = (pod.spec.ephemeralContainers ?? [])
    .map(({ name }) => name)
    .filter(name => !latestOf(state, name))
  const initialized = initContainersOf(pod).length === 0 || new InitPlanner(context, plan).run()
  if (initialized && !plan.killPod) planContainers(context, plan)
  return plan
}
