/** Measures containers and machine when somebody asks; who asks soon after is told the same. */
import type { Clock } from '../../machinery/clock.js'
import type { Runtime } from '../runtime/runtime.js'
import type { ContainerStats, ContainerStatus } from '../runtime/types.js'
import type { RuntimeCache } from '../runtime-cache.js'
import type { MachineStats } from './machine-stats.js'

export interface Measured {
  status: ContainerStatus
  stats: ContainerStats
  /** CPU time per second since the measurement before; absent where there was none. */
  nanoCores?: number
}

/** All that was measured at one time. */
export interface Snapshot {
  /** Milliseconds since the epoch. */
  time: number
  machine: MachineStats
  machineNanoCores?: number
  /** Milliseconds since the measurement before that rates are taken from. */
  windowMs?: number
  /** Those that run, sandboxes too. */
  containers: readonly Measured[]
}

export interface StatsProviderDeps {
  runtime: Pick<Runtime, 'stats'>
  cache: Pick<RuntimeCache, 'all'>
  clock: Clock
  readMachine(): Promise<MachineStats>
}

const parallelism = 8
/** Rates over less than this say little. */
const shortestWindowMs = 1_000
/** A measurement this old no longer says how busy something is now. */
const longestWindowMs = 120_000
/** For scrapers, who ask for several pages at a time. */
const freshMs = 3_000

const rate = (after: number, before: number, ms: number) => Math.max(0, Math.round(((after - before) / ms) * 1000))

export class StatsProvider {
  readonly #deps: StatsProviderDeps
  #last: Snapshot | undefined
  #measuring: Promise<Snapshot> | undefined

  constructor(deps: StatsProviderDeps) {
    this.#deps = deps
  }

  /** Not older than `maxAgeMs`. Rates are there if somebody asked before. */
  async latest(maxAgeMs = freshMs): Promise<Snapshot> {
    if (this.#last && this.#deps.clock.now() - this.#last.time < maxAgeMs) return this.#last
    this.#measuring ??= this.#measure().finally(() => {
      this.#measuring = undefined
    })
    return this.#measuring
  }

  /** With rates: where there is nothing to compare with, measures again after a second. */
  async withRates(maxAgeMs = freshMs): Promise<Snapshot> {
    const snapshot = await this.latest(maxAgeMs)
    if (snapshot.windowMs !== undefined && snapshot.containers.every(({ nanoCores }) => nanoCores !== undefined))
      return snapshot
    await new Promise<void>(resolve => void this.#deps.clock.after(shortestWindowMs, resolve))
    return this.latest(0)
  }

  async #measure(): Promise<Snapshot> {
    const { cache, clock, readMachine } = this.#deps
    const before = this.#last
    const running = cache.all().filter(({ state }) => state === 'running')
    // Containers take their time: the machine's rate is of its own.
    const reading = readMachine().then(machine => ({ machine, time: clock.now() }))
    const [{ machine, time }, containers] = await Promise.all([reading, this.#measureAll(running)])
    const windowMs = before ? time - before.time : 0
    const comparable = before && windowMs >= shortestWindowMs / 2 && windowMs <= longestWindowMs
    const snapshot: Snapshot = {
      time,
      machine,
      containers: comparable ? withRatesOf(containers, before.containers) : containers,
      ...(comparable && {
        windowMs,
        machineNanoCores: rate(machine.cpuUsageNanoseconds, before.machine.cpuUsageNanoseconds, windowMs),
      }),
    }
    this.#last = snapshot
    return snapshot
  }

  async #measureAll(statuses: readonly ContainerStatus[]): Promise<Measured[]> {
    const measured: Measured[] = []
    for (let from = 0; from < statuses.length; from += parallelism) {
      const part = statuses.slice(from, from + parallelism)
      // One that has just ended has nothing to tell.
      const stats = await Promise.all(part.map(({ id }) => this.#deps.runtime.stats(id).catch(() => undefined)))
      for (const [i, found] of stats.entries()) if (found) measured.push({ status: part[i]!, stats: found })
    }
    return measured
  }
}

function withRatesOf(now: readonly Measured[], before: readonly Measured[]): Measured[] {
  const earlier = new Map(before.map(({ status, stats }) => [status.id, stats]))
  return now.map(({ status, stats }) => {
    const old = earlier.get(status.id)
    // A container that is new began with nothing.
    const base = old ?? { time: status.startedAt ?? status.createdAt, cpuUsageNanoseconds: 0 }
    const ms = stats.time - base.time
    if (ms < shortestWindowMs / 2) return { status, stats }
    return { status, stats, nanoCores: rate(stats.cpuUsageNanoseconds, base.cpuUsageNanoseconds, ms) }
  })
}
