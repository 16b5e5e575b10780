/** The two forms of an event: core/v1's, which is stored, and events.k8s.io/v1's. */
import type { Event as CoreEvent } from '../generated/core-v1.js'
import type { Event } from '../generated/events-v1.js'

/** What both forms call by the same name. */
const shared = ({ metadata, eventTime, reason, type, action, related, reportingInstance }: CoreEvent | Event) => ({
  metadata,
  eventTime,
  reason,
  type,
  action,
  related,
  reportingInstance,
})

/** Drops what is not there, so that nothing is stored as undefined. */
const compact = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T

export const toCoreEvent = (event: Event): CoreEvent =>
  compact({
    apiVersion: 'v1',
    kind: 'Event',
    ...shared(event),
    involvedObject: event.regarding ?? {},
    message: event.note,
    source: event.deprecatedSource ?? {},
    firstTimestamp: event.deprecatedFirstTimestamp,
    lastTimestamp: event.deprecatedLastTimestamp,
    count: event.deprecatedCount,
    series: event.series,
    reportingComponent: event.reportingController ?? '',
    reportingInstance: event.reportingInstance ?? '',
  })

export const fromCoreEvent = (event: CoreEvent): Event =>
  compact({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    ...shared(event),
    // Events of the old API have no eventTime; the field is never absent in this one.
    eventTime: event.eventTime ?? (null as unknown as string),
    regarding: event.involvedObject,
    note: event.message,
    deprecatedSource: event.source,
    deprecatedFirstTimestamp: event.firstTimestamp,
    deprecatedLastTimestamp: event.lastTimestamp,
    deprecatedCount: event.count,
    series: event.series && {
      count: event.series.count ?? 0,
      lastObservedTime: event.series.lastObservedTime ?? (null as unknown as string),
    },
    reportingController: event.reportingComponent,
  })
