/** Event of events.k8s.io/v1: the newer form of core/v1's, stored with it. */

import type { PrinterColumn } from '../../machinery/kind.js'
import { defineKind } from '../../machinery/kind.js'
import { defineConversion } from '../conversion.js'
import { event as coreEvent } from '../core-v1/event.js'
import type { Event } from '../generated/events-v1.js'
import { fromCoreEvent, toCoreEvent } from './event-conversion.js'
import { validateEvent, validateEventUpdate, validateNewEvent } from './event-validation.js'

export const event = defineKind<Event>({
  group: 'events.k8s.io',
  validatedGroup: '',
  version: 'v1',
  kind: 'Event',
  scope: 'Namespaced',
  names: { plural: 'events', shortNames: ['ev'] },

  metadataChecked: 'between',
  validate: validateEvent,
  validateCreate: validateNewEvent,
  validateUpdate: validateEventUpdate,

  uncached: true,
  strategy: { allowCreateOnUpdate: true, bumpGenerationOn: [], defaultDeletion: 'none' },
  printerColumns: (coreEvent.printerColumns ?? []).map(
    (column): PrinterColumn<Event> => ({ ...column, of: (object, now) => column.of(toCoreEvent(object), now) }),
  ),
  selectableFields: {
    reason: ({ reason }) => reason ?? '',
    'regarding.kind': ({ regarding }) => regarding?.kind ?? '',
    'regarding.namespace': ({ regarding }) => regarding?.namespace ?? '',
    'regarding.name': ({ regarding }) => regarding?.name ?? '',
    'regarding.uid': ({ regarding }) => regarding?.uid ?? '',
    'regarding.apiVersion': ({ regarding }) => regarding?.apiVersion ?? '',
    'regarding.resourceVersion': ({ regarding }) => regarding?.resourceVersion ?? '',
    'regarding.fieldPath': ({ regarding }) => regarding?.fieldPath ?? '',
    reportingController: ({ reportingController }) => reportingController ?? '',
    type: ({ type }) => type ?? '',
  },
})

export const eventConversion = defineConversion({
  spoke: event,
  hub: coreEvent,
  toHub: toCoreEvent,
  fromHub: fromCoreEvent,
})
