/**
 * Remembers which images this node pulled, and removes those that no container needs when the disk is nearly full, or that nobody has
 * needed for long; by upstream's thresholds and words. Other images are the user's own: they are left alone, whatever the disk says.
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import type { Clock, Timer } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Runtime } from '../runtime/runtime.js'
import type { ImageStatus } from '../runtime/types.js'
import type { FileSystemStats } from '../stats/machine-stats.js'
import { canonicalName } from './image-name.js'

export interface ImagePolicy {
  /** Percentages of the disk: from the one on, images go until the other is reached. */
  highPercent: number
  lowPercent: number
  /** Nothing younger goes. */
  minimumAgeMs: number
  /** What was not needed for so long goes anyway; 0: never. */
  maximumAgeMs: number
}

export interface PulledImagesDeps {
  runtime: Pick<Runtime, 'removeImage' | 'listImages'>
  clock: Clock
  log: Logger
  /** How full the disk is that images are on. */
  readDisk(): Promise<Pick<FileSystemStats, 'availableBytes' | 'capacityBytes'>>
  /** Names and ids of the images that containers have. */
  used(): Iterable<string>
  /** A warning about the node. */
  tell(reason: string, message: string): void
}

/** Milliseconds since the epoch. */
interface Times {
  pulledAt: number
  usedAt: number
}

type Records = Map<string, Times>
type Candidate = Times & { name: string; sizeBytes: number }

/** Upstream's. */
const periodMs = 5 * 60_000

export class PulledImages {
  readonly #deps: PulledImagesDeps
  readonly #policy: ImagePolicy
  readonly #file: string
  #records: Promise<Records> | undefined
  #written: Promise<void> = Promise.resolve()
  #timer: Timer | undefined
  #stopped = false

  constructor(deps: PulledImagesDeps, policy: ImagePolicy, file: string) {
    this.#deps = deps
    this.#policy = policy
    this.#file = file
  }

  /** Looks at the disk from time to time. */
  start(): void {
    this.#timer = this.#deps.clock.after(periodMs, () => {
      this.collect()
        .catch(error => this.#deps.log.warn({ error: String(error) }, 'Could not look after images'))
        .finally(() => {
          if (!this.#stopped) this.start()
        })
    })
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  async note(name: string): Promise<void> {
    const records = await this.#read()
    const now = this.#deps.clock.now()
    records.set(name, { pulledAt: records.get(name)?.pulledAt ?? now, usedAt: now })
    await this.#write(records)
  }

  /** Removes what has not been needed for long, and as much as a disk that is nearly full wants. */
  async collect(): Promise<void> {
    const { clock, readDisk, tell } = this.#deps
    const { highPercent, lowPercent, maximumAgeMs } = this.#policy
    const now = clock.now()
    const candidates = await this.#candidates()
    const isOld = ({ usedAt }: Candidate) => maximumAgeMs > 0 && now - usedAt > maximumAgeMs
    for (const old of candidates.filter(isOld)) await this.#remove(old, 'nobody has needed it for long')
    const { availableBytes, capacityBytes } = await readDisk()
    const usedPercent = capacityBytes > 0 ? 100 - Math.floor((availableBytes * 100) / capacityBytes) : 0
    if (usedPercent >= highPercent) {
      const wanted = Math.floor((capacityBytes * (100 - lowPercent)) / 100) - availableBytes
      const freed = await this.#free(
        candidates.filter(candidate => !isOld(candidate)),
        wanted,
      )
      // Where nothing was ever pulled, the disk is full of what is not ours.
      if (freed < wanted && (candidates.length > 0 || (await this.#read()).size > 0))
        tell(
          'FreeDiskSpaceFailed',
          `Failed to garbage collect required amount of images. Attempted to free ${wanted} bytes, but only found ${freed} bytes eligible to free.`,
        )
    }
    await this.#write(await this.#read())
  }

  /** For a node that is to evict pods otherwise. */
  async removeUnused(): Promise<void> {
    await this.#free(await this.#candidates(), Number.POSITIVE_INFINITY)
    await this.#write(await this.#read())
  }

  /** Those that nobody uses now, the longest unused first. */
  async #candidates(): Promise<Candidate[]> {
    const { runtime, clock, used } = this.#deps
    const records = await this.#read()
    const inUse = new Set([...used()].map(canonicalName))
    const now = clock.now()
    const candidates: Candidate[] = []
    const images = await runtime.listImages()
    for (const [name, times] of records) {
      const image = images.find(each => namesOf(each).includes(canonicalName(name)))
      if (!image) records.delete(name)
      else if ([image.id, ...namesOf(image)].some(each => inUse.has(each))) times.usedAt = now
      else candidates.push({ name, ...times, sizeBytes: image.sizeBytes })
    }
    return candidates.sort((a, b) => a.usedAt - b.usedAt || a.pulledAt - b.pulledAt)
  }

  /** Resolves with the bytes that were given back. */
  async #free(candidates: readonly Candidate[], bytes: number): Promise<number> {
    const now = this.#deps.clock.now()
    let freed = 0
    for (const candidate of candidates) {
      if (freed >= bytes) break
      if (now - candidate.pulledAt < this.#policy.minimumAgeMs) continue
      if (await this.#remove(candidate, 'the disk is nearly full')) freed += candidate.sizeBytes
    }
    return freed
  }

  async #remove({ name }: Candidate, why: string): Promise<boolean> {
    const { runtime, log } = this.#deps
    try {
      await runtime.removeImage(name)
      ;(await this.#read()).delete(name)
      log.info({ image: name }, `Removed an image that no pod needs: ${why}`)
      return true
    } catch (error) {
      log.info({ image: name, error: String(error) }, 'Could not remove an image')
      return false
    }
  }

  /** Files of former versions hold names alone. */
  #read(): Promise<Records> {
    const now = this.#deps.clock.now()
    this.#records ??= readFile(this.#file, 'utf8').then(
      text => {
        const kept = JSON.parse(text) as string[] | Record<string, Times>
        if (!Array.isArray(kept)) return new Map(Object.entries(kept))
        return new Map(kept.map(name => [name, { pulledAt: now, usedAt: now }]))
      },
      () => new Map(),
    )
    return this.#records
  }

  /** One after the other. */
  #write(records: Records): Promise<void> {
    const write = async () => {
      await writeFile(`${this.#file}.tmp`, JSON.stringify(Object.fromEntries(records)), { mode: 0o600 })
      await rename(`${this.#file}.tmp`, this.#file)
    }
    this.#written = this.#written.then(write, write)
    return this.#written
  }
}

const namesOf = ({ tags, digests }: ImageStatus) => [...tags, ...digests].map(canonicalName)
