/** Validation of events.k8s.io/v1, stricter than core/v1's. Errors name the fields of the stored form, as upstream's do. */
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import { isDns1123Subdomain } from '../../machinery/names.js'
import type { ObjectReference } from '../generated/core-v1.js'
import type { Event } from '../generated/events-v1.js'
import { immutableField } from '../validation/immutable.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { validateQualifiedName } from '../validation/text.js'

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

const goReference = (reference: ObjectReference | undefined) => ({
  Kind: reference?.kind ?? '',
  Namespace: reference?.namespace ?? '',
  Name: reference?.name ?? '',
  UID: reference?.uid ?? '',
  APIVersion: reference?.apiVersion ?? '',
  ResourceVersion: reference?.resourceVersion ?? '',
  FieldPath: reference?.fieldPath ?? '',
})

/** What may not change, in upstream's order and as its internal type is printed; the reason is looked at twice. */
function immutableFields(event: Event): (readonly [field: string, value: unknown])[] {
  const { regarding, note, related, deprecatedSource: source } = event
  const reason = ['reason', event.reason ?? ''] as const
  return [
    ['involvedObject', goReference(regarding)],
    reason,
    ['message', note ?? ''],
    ['source', { Component: source?.component ?? '', Host: source?.host ?? '' }],
    ['firstTimestamp', event.deprecatedFirstTimestamp],
    ['lastTimestamp', event.deprecatedLastTimestamp],
    ['count', event.deprecatedCount ?? 0],
    reason,
    ['type', event.type ?? ''],
    ['eventTime', event.eventTime],
    ['action', event.action ?? ''],
    ['related', related && goReference(related)],
    ['reportingController', event.reportingController ?? ''],
    ['reportingInstance', event.reportingInstance ?? ''],
  ]
}

/** Only the series may go on. */
export function* validateEventUpdate(event: Event, old: Event): Generator<FieldError> {
  if (!semanticEqual(event.series, old.series)) yield* validateSeries(event)
  const before = immutableFields(old)
  for (const [i, [field, value]] of immutableFields(event).entries()) yield* immutableField(value, before[i]![1], field)
}
