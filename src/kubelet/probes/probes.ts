/** All probes of a node's pods: starts what a pod's containers ask for, and answers what they have shown. */
import type { Container, Pod, Probe } from '../../apis/generated/core-v1.js'
import type { EventRecorder } from '../../client/event-recorder.js'
import type { Clock } from '../../machinery/clock.js'
import { eventsFor } from '../events.js'
import type { ProbeMetrics } from '../metrics.js'
import type { ProbeOutcome, ProbeOutcomes } from '../pods/plan-pod.js'
import { isRestartableInit } from '../pods/pod.js'
import { latestOf, type PodState } from '../pods/pod-state.js'
import type { Runtime } from '../runtime/runtime.js'
import type { ProbeVerdicts } from '../status/pod-status.js'
import { type ProbedRun, type ProbeType, ProbeWorker } from './probe-worker.js'
import { runProbe } from './run-probe.js'

export interface ProbesDeps {
  runtime: Runtime
  clock: Clock
  events: EventRecorder
  metrics: ProbeMetrics
}

const probesOf = (container: Container): [ProbeType, Probe][] => {
  const { startupProbe, livenessProbe, readinessProbe } = container
  const all: [ProbeType, Probe | undefined][] = [
    ['startup', startupProbe],
    ['liveness', livenessProbe],
    ['readiness', readinessProbe],
  ]
  return all.flatMap(([type, probe]) => (probe ? [[type, probe] as [ProbeType, Probe]] : []))
}

/** The probes of one pod. */
export class PodProbes implements ProbeOutcomes, ProbeVerdicts {
  readonly #deps: ProbesDeps
  readonly #changed: () => void
  readonly #workers = new Map<string, ProbeWorker>()
  #pod: Pod
  #podIP = ''

  /** `changed` is called when a verdict changed. */
  constructor(pod: Pod, deps: ProbesDeps, changed: () => void) {
    this.#pod = pod
    this.#deps = deps
    this.#changed = changed
  }

  /** Starts the workers that are missing, and tells each what runs now. */
  update(pod: Pod, state: PodState, podIP: string): void {
    this.#pod = pod
    this.#podIP = podIP
    const containers = [...(pod.spec.initContainers ?? []).filter(isRestartableInit), ...pod.spec.containers]
    for (const container of containers) {
      const latest = latestOf(state, container.name)
      const running = latest?.state === 'running'
      const run = running ? { containerId: latest.id, startedAt: latest.startedAt ?? latest.createdAt } : undefined
      for (const [type, probe] of probesOf(container)) this.#worker(container, type, probe).follow(run)
    }
  }

  isStarted(container: string, containerId: string): boolean {
    const worker = this.#workers.get(`startup/${container}`)
    return !worker || worker.verdictOn(containerId) === 'success'
  }

  isReady(container: string, containerId: string): boolean {
    const worker = this.#workers.get(`readiness/${container}`)
    return !worker || worker.verdictOn(containerId) === 'success'
  }

  liveness = (containerId: string): ProbeOutcome => this.#outcome('liveness', containerId)
  startup = (containerId: string): ProbeOutcome => this.#outcome('startup', containerId)

  #outcome(type: ProbeType, containerId: string): ProbeOutcome {
    for (const [key, worker] of this.#workers) {
      if (!key.startsWith(`${type}/`)) continue
      const verdict = worker.verdictOn(containerId)
      if (verdict) return verdict === 'unknown' ? undefined : verdict
    }
    return undefined
  }

  /** Once a pod is to end, nothing is killed for a failed probe; readiness is followed to the end. */
  stopLivenessAndStartup(): void {
    for (const [key, worker] of this.#workers) if (!key.startsWith('readiness/')) worker.stop()
  }

  stop(): void {
    for (const worker of this.#workers.values()) worker.stop()
  }

  #worker(container: Container, type: ProbeType, probe: Probe): ProbeWorker {
    const key = `${type}/${container.name}`
    const existing = this.#workers.get(key)
    if (existing) return existing
    const { runtime, clock, events, metrics } = this.#deps
    const about = () => eventsFor(events, this.#pod, container.name)
    const title = type[0]!.toUpperCase() + type.slice(1)
    const worker: ProbeWorker = new ProbeWorker({
      clock,
      type,
      probe,
      check: ({ containerId }: ProbedRun) => runProbe(runtime, probe, { container, containerId, podIP: this.#podIP }),
      isDue: () => this.#hasStarted(container.name, worker) !== (type === 'startup'),
      failed: ({ output }) => about().warning('Unhealthy', `${title} probe failed: ${output}`),
      warned: ({ output }) => about().warning('ProbeWarning', `${title} probe warning: ${output}`),
      errored: error =>
        about().warning('Unhealthy', `${title} probe errored and resulted in unknown state: ${error.message}`),
      counted: outcome => metrics.counted(type, outcome, this.#pod, container.name),
      changed: () => {
        if (type === 'startup') this.#triggerOthers(container.name)
        this.#changed()
      },
    })
    this.#workers.set(key, worker)
    return worker
  }

  #hasStarted(container: string, asking: ProbeWorker): boolean {
    const startup = this.#workers.get(`startup/${container}`)
    if (!startup) return true
    const id = asking.runId ?? startup.runId
    return id !== undefined && startup.verdictOn(id) === 'success'
  }

  #triggerOthers(container: string): void {
    for (const type of ['liveness', 'readiness']) this.#workers.get(`${type}/${container}`)?.trigger()
  }
}
