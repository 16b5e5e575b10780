/** Records core/v1 events about objects: fire and forget, correlated as client-go does, written one after the other. */
import { type Clock, formatTime, type Random } from '../machinery/clock.js'
import type { KindRef } from '../machinery/kind.js'
import type { KubernetesObject } from '../machinery/object-meta.js'
import { isReason, StatusError } from '../machinery/status-error.js'
import type { Logger } from '../telemetry/logger.js'
import type { Client } from './client.js'
import { isNamespaceTerminating } from './error-causes.js'
import { EventCorrelator, type ObjectReference, type RecordedEvent } from './event-correlator.js'

export type EventType = 'Normal' | 'Warning'

export interface EventRecorder {
  /** Returns at once; what cannot be written is dropped with a log line. */
  event(regarding: KubernetesObject | ObjectReference, type: EventType, reason: string, message: string): void
  /** Resolves when everything recorded so far was written or dropped. */
  flush(): Promise<void>
}

export interface EventRecorderDeps {
  client: Client
  clock: Clock
  random: Random
  log: Logger
  /** Shown as `From` by kubectl describe, such as `deployment-controller`. */
  component: string
  /** Node the component runs for, where it is one node's. */
  host?: string
}

const eventKind: KindRef<RecordedEvent> = {
  group: '',
  version: 'v1',
  kind: 'Event',
  scope: 'Namespaced',
  names: { plural: 'events', singular: 'event' },
}
/** client-go: so many wait to be written, the next are dropped; a write is tried so often, so far apart. */
const maxQueued = 1000
const maxTries = 12
const retryMs = 10_000
/** DNS-1123 subdomain: what an event may be called. */
const validName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** A reference to an object, or with `fieldPath` to a part of it. */
export function referenceTo(object: KubernetesObject, fieldPath?: string): ObjectReference {
  const { namespace, name, uid, resourceVersion } = object.metadata
  return {
    kind: object.kind,
    ...(namespace && { namespace }),
    name,
    uid,
    apiVersion: object.apiVersion,
    ...(resourceVersion && { resourceVersion }),
    ...(fieldPath && { fieldPath }),
  }
}

export function newEventRecorder(deps: EventRecorderDeps): EventRecorder {
  const { clock, log, component, host, random } = deps
  // The clock counts milliseconds: without it two recorders would give two events of one moment the same name.
  const within = BigInt(Math.floor(random.next() * 1_000_000))
  let lastNano = 0n
  const newName = (involved: string) => {
    const now = BigInt(Math.floor(clock.now())) * 1_000_000n + within
    lastNano = now > lastNano ? now : lastNano + 1n
    const name = `${involved}.${lastNano.toString(16)}`
    return name.length <= 253 && validName.test(name) ? name : `event.${lastNano.toString(16)}`
  }
  const correlator = new EventCorrelator(clock, newName)
  let queued = 0
  let tail = Promise.resolve()

  const newEvent = (about: ObjectReference, type: EventType, reason: string, message: string): RecordedEvent => {
    const at = formatTime(clock.now())
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: newName(about.name ?? ''), namespace: about.namespace || 'default' },
      involvedObject: about,
      reason,
      message,
      type,
      count: 1,
      firstTimestamp: at,
      lastTimestamp: at,
      source: { component, ...(host && { host }) },
      reportingComponent: component,
      reportingInstance: host ?? '',
    }
  }

  return {
    event(regarding, type, reason, message) {
      if (queued >= maxQueued) {
        log.warn({ reason }, 'Too many queued events; dropped one')
        return
      }
      const about = 'metadata' in regarding ? referenceTo(regarding) : regarding
      const event = newEvent(about, type, reason, message)
      queued++
      tail = tail
        .then(() => record(event, correlator, deps))
        .catch(error => log.warn({ reason, err: String(error) }, 'Could not write event'))
        .finally(() => void queued--)
    },
    flush: () => tail,
  }
}

async function record(recorded: RecordedEvent, correlator: EventCorrelator, deps: EventRecorderDeps): Promise<void> {
  const result = correlator.correlate(recorded)
  if (result.action === 'skip') return
  const { clock, random } = deps
  for (let attempt = 1; ; attempt++) {
    try {
      await write(result, deps.client)
      return
    } catch (error) {
      const unreachable = error instanceof StatusError && (error.code === 503 || error.code === 429)
      if (!unreachable || attempt === maxTries) throw error
      // The first pause is random, so that the many clients of a server that went down do not come back at once.
      const pause = attempt === 1 ? retryMs * random.next() : retryMs
      await new Promise<void>(resolve => void clock.after(pause, resolve))
    }
  }
}

async function write({ action, event }: { action: 'create' | 'patch'; event: RecordedEvent }, client: Client) {
  if (action === 'patch') {
    const { count, lastTimestamp, message } = event
    const patch = { type: 'application/strategic-merge-patch+json', body: { count, lastTimestamp, message } } as const
    try {
      await client.patch(eventKind, { name: event.metadata.name ?? '', namespace: event.metadata.namespace }, patch)
      return
    } catch (error) {
      // Events expire: begin again with a new one.
      if (!isReason(error, 'NotFound')) throw error
    }
  }
  try {
    await client.create(eventKind, event)
  } catch (error) {
    if (!isReason(error, 'AlreadyExists') && !isNamespaceTerminating(error)) throw error
  }
}
