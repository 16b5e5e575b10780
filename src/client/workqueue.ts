/**
 * client-go's work queue: an item is queued once however often it is added, is worked on by one worker at a time, and is
 * queued again after the work if it was added meanwhile.
 */
import type { Clock, Timer } from '../machinery/clock.js'
import { newExponentialRateLimiter, type RateLimiter } from './rate-limiter.js'
import type { QueueMetrics, WorkqueueMetrics } from './workqueue-metrics.js'

export interface Workqueue {
  add(item: string): void
  /** Adds after a delay; of several delays for one item the earliest counts. */
  addAfter(item: string, ms: number): void
  /** Adds after the item's back-off. */
  addRateLimited(item: string): void
  /** Resets the item's back-off. */
  forget(item: string): void
  retries(item: string): number
  /** The next item, as soon as there is one; undefined once shut down. Call `done` for every item taken. */
  next(): Promise<string | undefined>
  done(item: string): void
  /** Items waiting to be taken; delayed ones do not count. */
  readonly length: number
  /** Drops what waits, and answers every `next` with undefined. */
  shutDown(): void
}

export interface WorkqueueDeps {
  clock: Clock
  /** For metrics. */
  name: string
  metrics?: WorkqueueMetrics
  rateLimiter?: RateLimiter
}

/** Node's timers go no further, some 24 days: what is due later comes by once before its time. */
const longestTimerMs = 2 ** 31 - 1

const noMetrics: QueueMetrics = { added() {}, depth() {}, waited() {}, worked() {}, retried() {} }

export const newWorkqueue = (deps: WorkqueueDeps): Workqueue => new ItemQueue(deps)

class ItemQueue implements Workqueue {
  private readonly queue = new Set<string>()
  /** Added, not yet taken or to be queued again: with the time of the first add. */
  private readonly dirty = new Map<string, number>()
  private readonly processing = new Map<string, number>()
  private readonly delayed = new Map<string, { timer: Timer; due: number }>()
  private readonly idle: ((item: string | undefined) => void)[] = []
  private readonly limiter: RateLimiter
  private readonly metrics: QueueMetrics
  private readonly clock: Clock
  private closed = false

  constructor({ clock, name, metrics, rateLimiter = newExponentialRateLimiter() }: WorkqueueDeps) {
    this.clock = clock
    this.limiter = rateLimiter
    this.metrics = metrics?.queue(name, () => this.unfinished()) ?? noMetrics
  }

  get length(): number {
    return this.queue.size
  }

  add(item: string): void {
    this.cancelDelay(item)
    if (this.closed || this.dirty.has(item)) return
    this.metrics.added()
    this.dirty.set(item, this.clock.monotonic())
    if (!this.processing.has(item)) this.enqueue(item)
  }

  addAfter(item: string, ms: number): void {
    if (this.closed) return
    if (ms <= 0) {
      this.add(item)
      return
    }
    ms = Math.min(ms, longestTimerMs)
    const due = this.clock.monotonic() + ms
    const waiting = this.delayed.get(item)
    if (waiting && waiting.due <= due) return
    waiting?.timer.cancel()
    this.delayed.set(item, { due, timer: this.clock.after(ms, () => this.add(item)) })
  }

  addRateLimited(item: string): void {
    this.metrics.retried()
    this.addAfter(item, this.limiter.when(item))
  }

  forget = (item: string): void => this.limiter.forget(item)
  retries = (item: string): number => this.limiter.retries(item)

  next(): Promise<string | undefined> {
    if (this.closed) return Promise.resolve(undefined)
    for (const item of this.queue) return Promise.resolve(this.take(item))
    return new Promise(resolve => this.idle.push(resolve))
  }

  done(item: string): void {
    const started = this.processing.get(item)
    if (started === undefined) return
    this.processing.delete(item)
    this.metrics.worked(this.clock.monotonic() - started)
    if (this.dirty.has(item) && !this.closed) this.enqueue(item)
  }

  shutDown(): void {
    this.closed = true
    for (const { timer } of this.delayed.values()) timer.cancel()
    this.delayed.clear()
    this.queue.clear()
    this.dirty.clear()
    for (const resolve of this.idle.splice(0)) resolve(undefined)
  }

  private enqueue(item: string): void {
    this.queue.add(item)
    const worker = this.idle.shift()
    if (worker) worker(this.take(item))
    else this.metrics.depth(this.queue.size)
  }

  private take(item: string): string {
    const now = this.clock.monotonic()
    this.queue.delete(item)
    this.metrics.depth(this.queue.size)
    this.metrics.waited(now - (this.dirty.get(item) ?? now))
    this.dirty.delete(item)
    this.processing.set(item, now)
    return item
  }

  private cancelDelay(item: string): void {
    this.delayed.get(item)?.timer.cancel()
    this.delayed.delete(item)
  }

  private unfinished(): { total: number; longest: number } {
    const now = this.clock.monotonic()
    let total = 0
    let longest = 0
    for (const started of this.processing.values()) {
      total += now - started
      longest = Math.max(longest, now - started)
    }
    return { total: total / 1000, longest: longest / 1000 }
  }
}
