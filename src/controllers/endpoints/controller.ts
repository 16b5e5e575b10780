/** Endpoints controller: writes the addresses behind each service with a selector into its Endpoints object. */
import { endpoints as endpointsKind, pod as podKind, service as serviceKind } from '../../apis/core-v1/index.js'
import type { Endpoints, Service } from '../../apis/generated/core-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import { isNamespaceTerminating } from '../../client/error-causes.js'
import { keyOf, parseKey } from '../../client/indexer.js'
import { isReason } from '../../machinery/status-error.js'
import type { Controller, ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { done } from '../runtime/result.js'
import { headlessLabel, isHeadless, isSelected, selectsPods, triggerTimeAnnotation } from '../services/members.js'
import { TriggerTimes } from '../services/trigger-times.js'
import { podsOfServices } from '../services/wake.js'
import { planSubsets, truncate } from './plan.js'

const managedByLabel = 'endpoints.kubernetes.io/managed-by'
const managedBy = 'endpoint-controller'
const overCapacity = 'endpoints.kubernetes.io/over-capacity'

export const endpointsController: Controller = {
  name: 'endpoint',
  start: deps => define(new TriggerTimes()).start(deps),
}

const define = (times: TriggerTimes): Controller =>
  defineController<Service>({
    name: 'endpoint',
    for: serviceKind,
    watches: [
      podsOfServices,
      { kind: endpointsKind, keys: (object, _cache, { type }) => (type === 'delete' ? [keyOf(object)] : []) },
    ],

    async reconcile(service, context) {
      if (!selectsPods(service)) return done
      const { namespace } = service.metadata
      const pods = context.cache.list(podKind, namespace).filter(p => isSelected(service, p.metadata.labels))
      const trigger = times.next(keyOf(service), service, pods)
      const { subsets, truncated } = truncate(planSubsets(service, pods))
      const present = context.cache.get(endpointsKind, { namespace, name: service.metadata.name ?? '' })
      const labels = labelsFor(service)
      const marked = present?.metadata.annotations?.[overCapacity] !== undefined
      const same =
        semanticEqual(present?.subsets, subsets) &&
        semanticEqual(present?.metadata.labels, labels) &&
        marked === truncated
      if (present && same) return done
      const { [triggerTimeAnnotation]: _, [overCapacity]: __, ...kept } = present?.metadata.annotations ?? {}
      const annotations = {
        ...kept,
        ...(trigger && { [triggerTimeAnnotation]: trigger }),
        ...(truncated && { [overCapacity]: 'truncated' }),
      }
      await write(service, present, { labels, annotations, subsets }, context)
      return done
    },

    async gone(key, { cache, client }) {
      times.forget(key)
      const uid = cache.get(endpointsKind, parseKey(key))?.metadata.uid
      await client.delete(endpointsKind, parseKey(key), uid ? { preconditions: { uid } } : {}).catch(error => {
        if (!isReason(error, 'NotFound')) throw error
      })
    },
  })

const labelsFor = (service: Service): Record<string, string> => {
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {}
  return { ...labels, ...(isHeadless(service) && { [headlessLabel]: '' }), [managedByLabel]: managedBy }
}

interface Content {
  labels: Record<string, string>
  annotations: Record<string, string>
  subsets: Endpoints['subsets']
}

async function write(
  { metadata: { namespace, name } }: Service,
  present: Endpoints | undefined,
  { labels, annotations, subsets }: Content,
  { client, recorder }: ReconcileContext,
): Promise<void> {
  const wanted: Endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...(present?.metadata ?? { namespace, name }), labels, annotations },
    subsets,
  }
  try {
    if (present) await client.update(endpointsKind, wanted)
    else await client.create(endpointsKind, wanted)
  } catch (error) {
    if (!present && isNamespaceTerminating(error)) return
    const text = (error as Error).message
    if (isReason(error, 'Conflict')) throw error
    if (present)
      recorder.event(
        wanted,
        'Warning',
        'FailedToUpdateEndpoint',
        `Failed to update endpoint ${namespace}/${name}: ${text}`,
      )
    else
      recorder.event(
        wanted,
        'Warning',
        'FailedToCreateEndpoint',
        `Failed to create endpoint for service ${namespace}/${name}: ${text}`,
      )
    throw error
  }
}
