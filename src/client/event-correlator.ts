/**
 * Keeps events from drowning the server, with client-go's rules: the same event again raises a count; ten that differ only
 * in their message within ten minutes become one "(combined from similar events)"; a source may send 25 events about an
 * object at once and one more every five minutes after that.
 */
import { type Clock, formatTime } from '../machinery/clock.js'
import type { KubernetesObject } from '../machinery/object-meta.js'
import { Lru } from './lru.js'

export interface ObjectReference {
  apiVersion?: string
  kind?: string
  namespace?: string
  name?: string
  uid?: string
  resourceVersion?: string
  /** Part of the object, such as `spec.containers{web}`. */
  fieldPath?: string
}

/** core/v1 Event, as far as recorders fill it in. */
export interface RecordedEvent extends KubernetesObject {
  involvedObject: ObjectReference
  type: string
  reason: string
  message: string
  count: number
  firstTimestamp: string
  lastTimestamp: string
  source: { component: string; host?: string }
  reportingComponent: string
  reportingInstance: string
}

/** What to do with an event: nothing, create it, or raise the count of one sent before. */
export type Correlation = { action: 'skip' } | { action: 'create' | 'patch'; event: RecordedEvent }

const cacheSize = 4096
const aggregateMaxEvents = 10
const aggregateIntervalMs = 600_000
const spamBurst = 25
const spamRefillMs = 300_000

interface Observation {
  count: number
  firstTimestamp: string
  name: string
}

const involved = ({ involvedObject: o }: RecordedEvent) => [o.kind, o.namespace, o.name, o.uid, o.apiVersion]
const sourceOf = ({ source }: RecordedEvent) => [source.component, source.host]
const spamKey = (e: RecordedEvent) => [...sourceOf(e), ...involved(e), e.type].join('\0')
const aggregateKey = (e: RecordedEvent) => [spamKey(e), e.reason].join('\0')
const eventKey = (e: RecordedEvent) => [aggregateKey(e), e.involvedObject.fieldPath, e.message].join('\0')

export class EventCorrelator {
  private readonly observed = new Lru<Observation>(cacheSize)
  private readonly similar = new Lru<{ messages: Set<string>; last: number }>(cacheSize)
  private readonly budgets = new Lru<{ tokens: number; at: number }>(cacheSize)

  constructor(
    private readonly clock: Clock,
    /** Names the event that stands for many. */
    private readonly newName: (involvedName: string) => string,
  ) {}

  correlate(event: RecordedEvent): Correlation {
    const { event: aggregated, key } = this.aggregate(event)
    const result = this.observe(aggregated, key)
    return this.isSpam(result.event) ? { action: 'skip' } : result
  }

  private aggregate(event: RecordedEvent): { event: RecordedEvent; key: string } {
    const now = this.clock.now()
    const key = aggregateKey(event)
    const known = this.similar.get(key)
    const record = known && now - known.last <= aggregateIntervalMs ? known : { messages: new Set<string>(), last: now }
    record.messages.add(event.message)
    record.last = now
    this.similar.set(key, record)
    if (record.messages.size < aggregateMaxEvents) return { event, key: eventKey(event) }
    // The set need not grow beyond what tells that the limit was reached.
    for (const message of record.messages) {
      record.messages.delete(message)
      break
    }
    const at = formatTime(now)
    const combined: RecordedEvent = {
      ...event,
      metadata: { namespace: event.metadata.namespace, name: this.newName(event.involvedObject.name ?? '') },
      message: `(combined from similar events): ${event.message}`,
      count: 1,
      firstTimestamp: at,
      lastTimestamp: at,
    }
    return { event: combined, key }
  }

  private observe(event: RecordedEvent, key: string): { action: 'create' | 'patch'; event: RecordedEvent } {
    const last = this.observed.get(key)
    const seen: RecordedEvent = last
      ? {
          ...event,
          metadata: { ...event.metadata, name: last.name },
          firstTimestamp: last.firstTimestamp,
          count: last.count + 1,
        }
      : event
    this.observed.set(key, {
      count: seen.count,
      firstTimestamp: seen.firstTimestamp,
      name: seen.metadata.name ?? '',
    })
    return { action: last ? 'patch' : 'create', event: seen }
  }

  private isSpam(event: RecordedEvent): boolean {
    const key = spamKey(event)
    const now = this.clock.monotonic()
    const budget = this.budgets.get(key) ?? { tokens: spamBurst, at: now }
    const tokens = Math.min(spamBurst, budget.tokens + (now - budget.at) / spamRefillMs)
    const spam = tokens < 1
    this.budgets.set(key, { tokens: spam ? tokens : tokens - 1, at: now })
    return spam
  }
}
