/** HorizontalPodAutoscaler in its first version: CPU only; the rest travels in annotations. */
import { defineKind, type PrinterColumn } from '../../machinery/kind.js'
import { horizontalPodAutoscaler as hub } from '../autoscaling-v2/horizontal-pod-autoscaler.js'
import { defineConversion } from '../conversion.js'
import type { HorizontalPodAutoscaler } from '../generated/autoscaling-v1.js'
import type { HorizontalPodAutoscaler as HubAutoscaler } from '../generated/autoscaling-v2.js'
import { conversionAnnotations, fromHub, keepAnnotations, toHub } from './hpa-conversion.js'

/** Bookmarks have no metric, not even that of those which name none. */
function shownHub(object: HorizontalPodAutoscaler): HubAutoscaler {
  const shown = toHub(object)
  return object.metadata.name ? shown : { ...shown, spec: { ...shown.spec, metrics: [] } }
}

export const horizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'HorizontalPodAutoscaler',
  scope: 'Namespaced',
  names: hub.names,
  hiddenAnnotations: conversionAnnotations,

  // Upstream has the default metric, and drops annotations that say nothing, on the way to the version it stores.
  setDefaults(object) {
    object.spec.minReplicas ??= 1
    Object.assign(object, fromHub(toHub(object)))
  },
  validateCreate: (object, context) => hub.validateCreate?.(toHub(object), context) ?? [],
  validateUpdate: (object, old, context) => hub.validateUpdate?.(toHub(object), toHub(old), context) ?? [],

  strategy: {
    bumpGenerationOn: [],
    prepareForCreate: object => keepAnnotations('status', object),
    prepareForUpdate: (object, old, { subresource }) =>
      keepAnnotations(subresource === 'status' ? 'spec' : 'status', object, old),
  },
  subresources: {
    status: {
      validateUpdate: (object, old, context) =>
        hub.subresources.status?.validateUpdate?.(toHub(object), toHub(old), context) ?? [],
    },
  },
  printerColumns: (hub.printerColumns ?? []).map(
    (column): PrinterColumn<HorizontalPodAutoscaler> => ({
      ...column,
      of: (object, now) => column.of(shownHub(object), now),
    }),
  ),
})

export const horizontalPodAutoscalerConversion = defineConversion({
  spoke: horizontalPodAutoscaler,
  hub,
  toHub,
  fromHub,
})
