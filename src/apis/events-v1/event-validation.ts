/** Validation of events.k8s.io/v1, stricter than core/v1's. Errors name the fields of the stored form, as upstream's do. */
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import { isDns1123Subdomain } from '../../machinery/names.js'
import type { Event } from '../generated/events-v1.js'
import { immutableField } from '../validation/immutable.js'
import { validateQualifiedName } from '../validation/text.js'
import { toCoreEvent } from './event-conversion.js'

const maxText = 128
const maxNote = 1024

function* validateText(field: string, value: string | undefined): Generator<FieldError> {
  if (!value) yield required(field)
  if (value && value.length > maxText) yield invalid(field, '', `can have at most ${maxText} characters`)
}

function* validateNamespace({ metadata, regarding, eventTime }: Event): Generator<FieldError> {
  const { namespace = '' } = metadata
  const about = regarding?.namespace ?? ''
  const clusterScoped = about === '' && (eventTime ? ['default', 'kube-system'] : ['', 'default']).includes(namespace)
  // Events with an eventTime may be about objects elsewhere; the older ones may not.
  const elsewhere = about !== '' && (eventTime || about === namespace)
  if (!clusterScoped && !elsewhere) yield invalid('involvedObject.namespace', about, 'does not match event.namespace')
}

/** Checks that hold on creation and, as far as nothing changed, on update. */
export function* validateEvent(event: Event): Generator<FieldError> {
  yield* validateNamespace(event)
  if (event.eventTime) {
    if (!event.reportingController) yield required('reportingController')
    yield* validateQualifiedName(event.reportingController ?? '', 'reportingController')
    yield* validateText('reportingInstance', event.reportingInstance)
    yield* validateText('action', event.action)
    yield* validateText('reason', event.reason)
    if ((event.note ?? '').length > maxNote) yield invalid('message', '', `can have at most ${maxNote} characters`)
  }
  for (const message of isDns1123Subdomain(event.metadata.namespace ?? ''))
    yield invalid('namespace', event.metadata.namespace ?? '', message)
}

function* validateSeries({ series }: Event): Generator<FieldError> {
  if (!series) return
  if ((series.count ?? 0) < 2) yield invalid('series.count', '', 'should be at least 2')
  if (!series.lastObservedTime) yield required('series.lastObservedTime')
}

/** What a new event of this API must and must not have. */
export function* validateNewEvent(event: Event): Generator<FieldError> {
  yield* validateSeries(event)
  if (!event.eventTime) yield required('eventTime')
  if (event.type !== 'Normal' && event.type !== 'Warning')
    yield invalid('type', '', `has invalid value: ${event.type ?? ''}`)
  if (event.deprecatedFirstTimestamp) yield invalid('firstTimestamp', '', 'needs to be unset')
  if (event.deprecatedLastTimestamp) yield invalid('lastTimestamp', '', 'needs to be unset')
  if (event.deprecatedCount) yield invalid('count', '', 'needs to be unset')
  const { component, host } = event.deprecatedSource ?? {}
  if (component || host) yield invalid('source', '', 'needs to be unset')
}

const immutable = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingInstance',
] as const

/** Only the series may go on. */
export function* validateEventUpdate(event: Event, old: Event): Generator<FieldError> {
  if (JSON.stringify(event.series) !== JSON.stringify(old.series)) yield* validateSeries(event)
  const now = toCoreEvent(event)
  const before = toCoreEvent(old)
  for (const field of immutable) yield* immutableField(now[field], before[field], field)
  yield* immutableField(now.reportingComponent, before.reportingComponent, 'reportingController')
}
