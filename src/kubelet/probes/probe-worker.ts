/** Probes one container of a pod in one way, again and again, and keeps the verdict. */
import type { Probe } from '../../apis/generated/core-v1.js'
import type { Clock, Timer } from '../../machinery/clock.js'
import type { CheckResult } from './check.js'

export type ProbeType = 'liveness' | 'readiness' | 'startup'
export type Verdict = 'success' | 'failure' | 'unknown'

/** The run of the container that is looked at. */
export interface ProbedRun {
  containerId: string
  /** Milliseconds since the epoch. */
  startedAt: number
}

export interface ProbeWorkerDeps {
  clock: Clock
  type: ProbeType
  probe: Probe
  /** May reject: then the look does not count. */
  check(run: ProbedRun): Promise<CheckResult>
  /** Whether the probe has its turn: startup probes until the container has started, the others after. */
  isDue(): boolean
  failed(result: CheckResult): void
  warned(result: CheckResult): void
  errored(error: Error): void
  /** Counts each look, for metrics. */
  counted(outcome: 'successful' | 'failed' | 'unknown'): void
  changed(): void
}

/** What holds before the first look: ready only when shown, alive until shown otherwise. */
const initialVerdict: Record<ProbeType, Verdict> = { liveness: 'success', readiness: 'failure', startup: 'unknown' }
const defaultPeriodSeconds = 10
const defaultFailureThreshold = 3
const maxTries = 3

export class ProbeWorker {
  readonly #deps: ProbeWorkerDeps
  #run: ProbedRun | undefined
  #verdict: Verdict
  #last: Verdict = 'unknown'
  #streak = 0
  /** A verdict that ends this run of the container has been reached. */
  #onHold = false
  #looking = false
  #timer: Timer | undefined

  constructor(deps: ProbeWorkerDeps) {
    this.#deps = deps
    this.#verdict = initialVerdict[deps.type]
  }

  /** Container id of the run that is looked at. */
  get runId(): string | undefined {
    return this.#run?.containerId
  }

  /** Of the run with that id; undefined when that is not the one looked at. */
  verdictOn(containerId: string): Verdict | undefined {
    return this.#run?.containerId === containerId ? this.#verdict : undefined
  }

  /** Tells which run there is now; undefined while the container does not run. */
  follow(run: ProbedRun | undefined): void {
    if (run?.containerId === this.#run?.containerId) return
    this.#timer?.cancel()
    this.#run = run
    this.#verdict = initialVerdict[this.#deps.type]
    this.#last = 'unknown'
    this.#streak = 0
    this.#onHold = false
    if (!run) return
    const delayMs = (this.#deps.probe.initialDelaySeconds ?? 0) * 1000
    this.#schedule(Math.max(0, run.startedAt + delayMs - this.#deps.clock.now()))
  }

  /** Looks at once, out of turn, if the initial delay has passed. */
  trigger(): void {
    if (!this.#run || this.#onHold || this.#looking) return
    const delayMs = (this.#deps.probe.initialDelaySeconds ?? 0) * 1000
    if (this.#deps.clock.now() < this.#run.startedAt + delayMs) return
    this.#schedule(0)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#onHold = true
  }

  #schedule(ms: number): void {
    this.#timer?.cancel()
    this.#timer = this.#deps.clock.after(ms, () => void this.#look())
  }

  async #look(): Promise<void> {
    const run = this.#run
    if (!run || this.#onHold || this.#looking) return
    this.#looking = true
    try {
      if (this.#deps.isDue()) await this.#lookOnce(run)
    } finally {
      this.#looking = false
      const periodMs = (this.#deps.probe.periodSeconds ?? defaultPeriodSeconds) * 1000
      if (this.#run && !this.#onHold) this.#schedule(periodMs)
    }
  }

  async #lookOnce(run: ProbedRun): Promise<void> {
    const result = await this.#tryCheck(run)
    // Another run has taken its place, or the pod ends: the answer is about the past.
    if (!result || this.#run !== run || this.#onHold) return
    if (result.outcome === 'failure') this.#deps.failed(result)
    if (result.outcome === 'warning') this.#deps.warned(result)
    this.#deps.counted(result.outcome === 'failure' ? 'failed' : 'successful')
    this.#record(result.outcome === 'failure' ? 'failure' : 'success')
  }

  async #tryCheck(run: ProbedRun): Promise<CheckResult | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#deps.check(run)
      } catch (error) {
        if (attempt < maxTries) continue
        this.#deps.counted('unknown')
        if (this.#run === run && !this.#onHold) this.#deps.errored(error as Error)
        return undefined
      }
    }
  }

  #record(outcome: 'success' | 'failure'): void {
    const { type, probe, changed } = this.#deps
    this.#streak = outcome === this.#last ? this.#streak + 1 : 1
    this.#last = outcome
    const threshold =
      outcome === 'failure' ? (probe.failureThreshold ?? defaultFailureThreshold) : (probe.successThreshold ?? 1)
    if (this.#streak < threshold) return
    const isNews = this.#verdict !== outcome
    this.#verdict = outcome
    if (type === 'startup' || (type === 'liveness' && outcome === 'failure')) this.#onHold = true
    if (isNews) changed()
  }
}
