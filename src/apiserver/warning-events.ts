/** Events by which the server itself warns of objects: what is told again becomes a series, as upstream's recorder has it. */
import type { Event } from '../apis/generated/events-v1.js'
import { type Clock, formatMicroTime } from '../machinery/clock.js'
import type { AnyObject } from '../machinery/object-meta.js'
import type { ApiHandler } from '../machinery/request.js'
import { isReason } from '../machinery/status-error.js'
import { loopback } from './authn/user.js'

export interface Warning {
  regarding: AnyObject
  reason: string
  action: string
  note: string
}

export interface WarningEventsDeps {
  handler: ApiHandler
  clock: Clock
  /** Who warns, and on which machine. */
  controller: string
  hostname: string
}

/** Milliseconds after which what is told again is a new event; upstream's figure. */
const seriesMs = 360_000

interface Series {
  event: Event
  count: number
  toldAt: number
}

const events = {
  group: 'events.k8s.io',
  version: 'v1',
  resource: 'events',
  user: loopback,
  userAgent: 'kube-apiserver',
}

export class WarningEvents {
  readonly #series = new Map<string, Series>()
  #number = 0n

  constructor(private readonly deps: WarningEventsDeps) {}

  /** Rejects when it cannot be written. */
  async tell({ regarding, reason, action, note }: Warning): Promise<void> {
    const now = this.deps.clock.now()
    for (const [key, { toldAt }] of this.#series) if (toldAt + seriesMs <= now) this.#series.delete(key)
    const event = this.#newEvent({ regarding, reason, action, note })
    const key = JSON.stringify([event.regarding, reason, action])
    const known = this.#series.get(key)
    this.#series.set(key, { event: known?.event ?? event, count: (known?.count ?? 0) + 1, toldAt: now })
    if (!known || !(await this.#goOn(known.event, known.count + 1))) await this.#write(event)
  }

  #newEvent({ regarding: { apiVersion, kind, metadata }, reason, action, note }: Warning): Event {
    const { controller, hostname, clock } = this.deps
    const { namespace, name = '', uid, resourceVersion } = metadata
    const nano = BigInt(Math.floor(clock.now())) * 1_000_000n + this.#number++
    return {
      kind: 'Event',
      apiVersion: 'events.k8s.io/v1',
      metadata: {
        name: `${name.includes(':') ? 'event' : name}.${nano.toString(16)}`,
        namespace: namespace || 'default',
      },
      eventTime: formatMicroTime(clock.now()),
      reportingController: controller,
      reportingInstance: `${controller}-${hostname}`,
      action,
      reason,
      regarding: { kind, apiVersion, ...(namespace && { namespace }), name, uid, resourceVersion },
      note,
      type: 'Warning',
    }
  }

  async #write(event: Event): Promise<void> {
    const { namespace = '' } = event.metadata
    await this.deps.handler({ ...events, verb: 'create', namespace, body: structuredClone(event) })
  }

  /** False when the event is no longer there. */
  async #goOn({ metadata: { name = '', namespace = '' } }: Event, count: number): Promise<boolean> {
    const series = { count, lastObservedTime: formatMicroTime(this.deps.clock.now()) }
    const patch = { patchType: 'application/merge-patch+json', body: { series } } as const
    try {
      await this.deps.handler({ ...events, verb: 'patch', namespace, name, ...patch })
      return true
    } catch (error) {
      if (isReason(error, 'NotFound')) return false
      throw error
    }
  }
}
