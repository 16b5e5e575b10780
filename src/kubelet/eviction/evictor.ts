/** Watches what is left of memory, disk and process ids; while too little is left the node says so, takes fewer pods, and ends one at a time. */
import { qosClassOf } from '../../apis/core-v1/pod-qos.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { Clock, Timer } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import type { MachineStats } from '../stats/machine-stats.js'
import { evictionMessage, isCritical, type PodUsage, rankPods } from './rank-pods.js'
import {
  isMet,
  type Observations,
  observe,
  type Pressure,
  pressureOf,
  resourceOf,
  type Threshold,
} from './thresholds.js'

export interface EvictionConfig {
  thresholds: readonly Threshold[]
  /** How long a pressure is told of after it was last seen: nodes must not flap. */
  transitionMs: number
  /** The longest grace for pods that go because of a soft threshold. */
  maxGraceSeconds: number
}

export interface EvictionVerdict {
  reason: string
  message: string
  /** For the sake of others; not for a limit of its own. */
  isDisruption: boolean
}

export interface EvictorDeps {
  clock: Clock
  log: Logger
  readMachine(): Promise<MachineStats>
  /** What pods that run use of a resource. */
  usages(resource: 'memory' | 'ephemeral-storage' | 'inodes' | 'pids'): Promise<PodUsage[]>
  /** Pods that use more of the disk than they may. */
  overLimits(): Promise<{ pod: Pod; message: string }[]>
  /** Gives back what of the disk no pod needs. */
  reclaim(): Promise<void>
  evict(pod: Pod, verdict: EvictionVerdict, graceSeconds: number): void
  /** An event about the node. */
  tell(reason: string, message: string): void
  /** The pressures are others than before. */
  changed(): void
}

/** Upstream's, in milliseconds. */
const lookMs = 10_000
/** A pod that was told to go gets so long before the next one is. */
const cleanUpMs = 30_000

export class Evictor {
  readonly #deps: EvictorDeps
  readonly #config: EvictionConfig
  /** Since when a threshold is met. */
  readonly #metSince = new Map<Threshold, number>()
  readonly #lastSeen = new Map<Pressure, number>()
  #pressures: ReadonlySet<Pressure> = new Set()
  #evictedAt = Number.NEGATIVE_INFINITY
  #timer: Timer | undefined
  #stopped = false

  constructor(deps: EvictorDeps, config: EvictionConfig) {
    this.#deps = deps
    this.#config = config
  }

  get pressures(): ReadonlySet<Pressure> {
    return this.#pressures
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    await this.#look()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  /** Why the node takes no such pod now; undefined when it does. */
  refusalOf(pod: Pod): { reason: string; message: string } | undefined {
    if (this.#pressures.size === 0 || isCritical(pod)) return undefined
    const onlyMemory = this.#pressures.size === 1 && this.#pressures.has('MemoryPressure')
    if (onlyMemory && (qosClassOf(pod) !== 'BestEffort' || toleratesMemoryPressure(pod))) return undefined
    const message = `The node had condition: [${[...this.#pressures].join(' ')}]. `
    return { reason: 'Evicted', message: `Pod was rejected: ${message}` }
  }

  async #look(): Promise<void> {
    try {
      await this.#keepLimits()
      await this.take(observe(await this.#deps.readMachine()))
    } catch (error) {
      this.#deps.log.warn({ error: String(error) }, 'Could not tell what is left of memory and disk')
    }
    if (!this.#stopped) this.#timer = this.#deps.clock.after(lookMs, () => void this.#look())
  }

  async #keepLimits(): Promise<void> {
    for (const { pod, message } of await this.#deps.overLimits())
      if (!isCritical(pod)) this.#deps.evict(pod, { reason: 'Evicted', message, isDisruption: false }, 0)
  }

  /** One look at what is left. */
  async take(observations: Observations): Promise<void> {
    const now = this.#deps.clock.monotonic()
    const met = this.#config.thresholds.filter(each => isMet(each, observations, this.#metSince.has(each)))
    for (const threshold of this.#config.thresholds) {
      if (!met.includes(threshold)) this.#metSince.delete(threshold)
      else if (!this.#metSince.has(threshold)) this.#metSince.set(threshold, now)
    }
    this.#note(met, now)
    const due = met.filter(threshold => now - this.#metSince.get(threshold)! >= threshold.graceMs)
    // Memory goes before all else.
    const first = due.find(({ signal }) => signal === 'memory.available') ?? due[0]
    if (first && now - this.#evictedAt >= cleanUpMs) await this.#relieve(first, observations)
  }

  #note(met: readonly Threshold[], now: number): void {
    for (const { signal } of met) this.#lastSeen.set(pressureOf(signal), now)
    const pressures = [...this.#lastSeen].filter(([, seen]) => now - seen < Math.max(1, this.#config.transitionMs))
    const current = new Set(pressures.map(([pressure]) => pressure))
    const changed = [...current].join() !== [...this.#pressures].join()
    this.#pressures = current
    if (changed) this.#deps.changed()
  }

  async #relieve(threshold: Threshold, observations: Observations): Promise<void> {
    const { usages, evict, tell, clock, log } = this.#deps
    const resource = resourceOf[threshold.signal]
    tell('EvictionThresholdMet', `Attempting to reclaim ${resource}`)
    if (await this.#reclaimed(threshold)) return
    const ranked = rankPods(await usages(resource), threshold)
    const chosen = ranked.find(({ pod }) => !isCritical(pod))
    if (!chosen) return log.warn({ resource }, 'There is no pod that could be evicted')
    this.#evictedAt = clock.monotonic()
    const { terminationGracePeriodSeconds = 30 } = chosen.pod.spec
    const grace = threshold.graceMs > 0 ? Math.min(this.#config.maxGraceSeconds, terminationGracePeriodSeconds) : 0
    const message = evictionMessage(chosen, threshold, observations)
    evict(chosen.pod, { reason: 'Evicted', message, isDisruption: true }, grace)
  }

  async #reclaimed(threshold: Threshold): Promise<boolean> {
    if (pressureOf(threshold.signal) !== 'DiskPressure') return false
    await this.#deps.reclaim()
    return !isMet(threshold, observe(await this.#deps.readMachine()), true)
  }
}

const toleratesMemoryPressure = ({ spec }: Pod): boolean =>
  (spec.tolerations ?? []).some(
    ({ key, effect, operator }) =>
      (!key || key === 'node.kubernetes.io/memory-pressure') &&
      (!effect || effect === 'NoSchedule') &&
      (operator === 'Exists' || key !== undefined),
  )
