/** Event tells what happened to an object, for people to read. */
import { ageSince } from '../../machinery/duration.js'
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { nameIsPathSegment } from '../../machinery/name-rules.js'
import type { Event } from '../generated/core-v1.js'
import { validateDnsSubdomain, validateQualifiedName } from '../validation/text.js'

const maxTextLength = 128
const maxMessageLength = 1024

function* validateShortText(event: Event, field: 'reportingInstance' | 'action' | 'reason'): Generator<FieldError> {
  const text = event[field] ?? ''
  if (!text) yield required(field)
  if (text.length > maxTextLength) yield invalid(field, '', `can have at most ${maxTextLength} characters`)
}

/** An event lies in the namespace of its object; about objects of the cluster, in a namespace of the system. */
function* validateNamespaces({ metadata, involvedObject, eventTime }: Event): Generator<FieldError> {
  const own = metadata.namespace ?? ''
  const about = involvedObject?.namespace ?? ''
  const isSound = about ? !!eventTime || own === about : ['default', eventTime ? 'kube-system' : ''].includes(own)
  if (!isSound) yield invalid('involvedObject.namespace', about, 'does not match event.namespace')
}

/** Events with a time of their own come from clients of the newer API, which must say more. */
function* validateReporter(event: Event): Generator<FieldError> {
  const { reportingComponent = '', message = '' } = event
  if (!reportingComponent) yield required('reportingComponent')
  yield* validateQualifiedName(reportingComponent, 'reportingComponent')
  for (const field of ['reportingInstance', 'action', 'reason'] as const) yield* validateShortText(event, field)
  if (message.length > maxMessageLength) yield invalid('message', '', `can have at most ${maxMessageLength} characters`)
}

const firstSeen = ({ firstTimestamp, eventTime }: Event, now: number) => ageSince(firstTimestamp || eventTime, now)

function lastSeen(event: Event, now: number): string {
  if (event.series) return ageSince(event.series.lastObservedTime, now)
  return event.lastTimestamp ? ageSince(event.lastTimestamp, now) : firstSeen(event, now)
}

function printObject({ involvedObject }: Event): string {
  const kind = (involvedObject?.kind ?? '').toLowerCase()
  return involvedObject?.name ? `${kind}/${involvedObject.name}` : kind
}

const printSource = ({ source, reportingComponent, reportingInstance }: Event): string =>
  [source?.component || reportingComponent || '', source?.host || reportingInstance || '']
    .filter((part, i) => i === 0 || part)
    .join(', ')

export const event = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  scope: 'Namespaced',
  names: { plural: 'events', shortNames: ['ev'] },

  setDefaults(object) {
    object.reportingComponent ??= ''
    object.reportingInstance ??= ''
  },
  anyFinalizers: true,
  metadataChecked: 'last',
  *validate(object) {
    yield* validateNamespaces(object)
    if (object.eventTime) yield* validateReporter(object)
    yield* validateDnsSubdomain(object.metadata.namespace ?? '', 'namespace')
  },

  uncached: true,
  strategy: {
    allowCreateOnUpdate: true,
    bumpGenerationOn: [],
    defaultDeletion: 'none',
    validateName: nameIsPathSegment,
  },
  printerColumns: [
    {
      name: 'Last Seen',
      description: 'The time at which the most recent occurrence of this event was recorded.',
      of: lastSeen,
    },
    {
      name: 'Type',
      description: 'Type of this event (Normal, Warning), new types could be added in the future',
      of: ({ type }) => type ?? '',
    },
    {
      name: 'Reason',
      description:
        "This should be a short, machine understandable string that gives the reason for the transition into the object's current status.",
      of: ({ reason }) => reason ?? '',
    },
    { name: 'Object', description: 'The object that this event is about.', of: printObject },
    {
      name: 'Subobject',
      wide: true,
      description:
        'If referring to a piece of an object instead of an entire object, this string should contain a valid JSON/Go field access statement, such as desiredState.manifest.containers[2]. For example, if the object reference is to a container within a pod, this would take on a value like: "spec.containers{name}" (where "name" refers to the name of the container that triggered the event) or if no container name is specified "spec.containers[2]" (container with index 2 in this pod). This syntax is chosen only to have some well-defined way of referencing a part of an object.',
      of: ({ involvedObject }) => involvedObject?.fieldPath ?? '',
    },
    {
      name: 'Source',
      wide: true,
      description: 'The component reporting this event. Should be a short machine understandable string.',
      of: printSource,
    },
    {
      name: 'Message',
      description: 'A human-readable description of the status of this operation.',
      of: ({ message }) => (message ?? '').trim(),
    },
    {
      name: 'First Seen',
      wide: true,
      description: 'The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)',
      of: firstSeen,
    },
    {
      name: 'Count',
      wide: true,
      description: 'The number of times this event has occurred.',
      of: ({ series, count }) => (series ? (series.count ?? 0) : count || 1),
    },
    {
      name: 'Name',
      format: 'name',
      wide: true,
      description:
        'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
      of: ({ metadata }) => metadata.name ?? '',
    },
  ],
  selectableFields: {
    'involvedObject.kind': ({ involvedObject }) => involvedObject?.kind ?? '',
    'involvedObject.namespace': ({ involvedObject }) => involvedObject?.namespace ?? '',
    'involvedObject.name': ({ involvedObject }) => involvedObject?.name ?? '',
    'involvedObject.uid': ({ involvedObject }) => involvedObject?.uid ?? '',
    'involvedObject.apiVersion': ({ involvedObject }) => involvedObject?.apiVersion ?? '',
    'involvedObject.resourceVersion': ({ involvedObject }) => involvedObject?.resourceVersion ?? '',
    'involvedObject.fieldPath': ({ involvedObject }) => involvedObject?.fieldPath ?? '',
    reason: ({ reason }) => reason ?? '',
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? '',
    source: ({ source, reportingComponent }) => source?.component || (reportingComponent ?? ''),
    type: ({ type }) => type ?? '',
  },
})
