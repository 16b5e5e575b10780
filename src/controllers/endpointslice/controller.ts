/** EndpointSlice controller: keeps the slices of each service with a selector in line with the pods behind it. */
import { node as nodeKind, pod as podKind, service as serviceKind } from '../../apis/core-v1/index.js'
import { endpointSlice as sliceKind } from '../../apis/discovery-v1/index.js'
import type { Service } from '../../apis/generated/core-v1.js'
import type { EndpointSlice } from '../../apis/generated/discovery-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import { isNamespaceTerminating } from '../../client/error-causes.js'
import { keyOf } from '../../client/indexer.js'
import type { Informer } from '../../client/informer.js'
import type { IpFamily } from '../../machinery/ip-family.js'
import type { KubernetesObject, ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import { indexByNode, podsOnNode } from '../pods/by-node.js'
import type { Cache } from '../runtime/cache.js'
import type { Controller, ReconcileContext } from '../runtime/controller.js'
import { type Change, defineController } from '../runtime/define-controller.js'
import { newControllerRef } from '../runtime/owner.js'
import { done } from '../runtime/result.js'
import { allAtOnce } from '../runtime/slow-start.js'
import {
  familiesOf,
  headlessLabel,
  isHeadless,
  isSelected,
  selectsPods,
  triggerTimeAnnotation,
} from '../services/members.js'
import { TriggerTimes } from '../services/trigger-times.js'
import { podsOfServices, servicesOfPod } from '../services/wake.js'
import { planEndpoints, planSlices } from './plan.js'

export const serviceNameLabel = 'kubernetes.io/service-name'
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
const managedBy = 'endpointslice-controller.k8s.io'
const byServiceIndex = 'endpointSliceService'

const isOurs = ({ metadata }: KubernetesObject) => metadata.labels?.[managedByLabel] === managedBy
const serviceKeyOf = ({ metadata }: KubernetesObject) =>
  `${metadata.namespace}/${metadata.labels?.[serviceNameLabel] ?? ''}`

export const endpointSliceController: Controller = {
  name: 'endpointslice',
  start: deps => define(new TriggerTimes()).start(deps),
}

const define = (times: TriggerTimes): Controller =>
  defineController<Service>({
    name: 'endpoint_slice',
    serviceAccount: 'endpointslice-controller',
    component: 'endpoint-slice-controller',
    for: serviceKind,
    reads: [nodeKind],
    prepare(informer) {
      indexByNode(informer(podKind))
      const slices: Informer<EndpointSlice> = informer(sliceKind)
      slices.addIndex(byServiceIndex, slice => (isOurs(slice) ? [serviceKeyOf(slice)] : []))
    },
    watches: [
      podsOfServices,
      { kind: sliceKind, keys: (slice, _cache, change) => serviceOfSlice(slice, change) },
      { kind: nodeKind, keys: (node, cache, change) => servicesOnNode(node, cache, change) },
    ],

    async reconcile(service, context) {
      if (!selectsPods(service) || service.metadata.deletionTimestamp) return done
      try {
        await sync(service, times, context)
      } catch (error) {
        const text = `Error updating Endpoint Slices for Service ${nameOf(service)}: ${(error as Error).message}`
        context.recorder.event(service, 'Warning', 'FailedToUpdateEndpointSlices', text)
        throw error
      }
      return done
    },
    async gone(key) {
      times.forget(key)
    },
  })

async function sync(service: Service, times: TriggerTimes, context: ReconcileContext): Promise<void> {
  const { cache } = context
  const key = keyOf(service)
  const pods = cache.list(podKind, service.metadata.namespace).filter(p => isSelected(service, p.metadata.labels))
  const trigger = times.next(key, service, pods)
  const existing = cache.byIndex(sliceKind, byServiceIndex, key)
  const families = familiesOf(service)
  for (const family of families) {
    const slices = existing.filter(s => s.addressType === family)
    const { groups, skipped } = planEndpoints({ service, family }, pods, name => cache.get(nodeKind, { name }))
    await writeSlices({ service, family, trigger }, planOwned(service, slices, groups), context)
    if (skipped.length > 0) context.log.debug({ skipped: skipped.map(keyOf) }, 'Skipped pods of unknown nodes')
  }
  const others = existing.filter(s => !families.includes(s.addressType as IpFamily))
  await remove(others, service, context)
}

/** Slices of an earlier service of the same name are not ours to fill. */
function planOwned(service: Service, slices: readonly EndpointSlice[], groups: Parameters<typeof planSlices>[1]) {
  const owned = slices.filter(s => s.metadata.ownerReferences?.some(r => r.uid === service.metadata.uid))
  const plan = planSlices(owned, groups)
  const labels = labelsFor(service)
  // A slice whose endpoints stay may still need the service's new labels.
  for (const slice of owned) {
    const touched = plan.remove.includes(slice) || plan.update.some(u => u.slice === slice)
    if (!touched && !semanticEqual(slice.metadata.labels, labels))
      plan.update.push({ slice, endpoints: slice.endpoints ?? [] })
  }
  plan.remove.push(...slices.filter(s => !owned.includes(s)))
  return plan
}

function labelsFor(service: Service): Record<string, string> {
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {}
  return {
    ...labels,
    ...(isHeadless(service) && { [headlessLabel]: '' }),
    [serviceNameLabel]: service.metadata.name ?? '',
    [managedByLabel]: managedBy,
  }
}

async function writeSlices(
  { service, family, trigger }: { service: Service; family: IpFamily; trigger: string | undefined },
  plan: ReturnType<typeof planSlices>,
  context: ReconcileContext,
): Promise<void> {
  const { client } = context
  const { namespace, name } = service.metadata
  const annotations = trigger ? { [triggerTimeAnnotation]: trigger } : undefined
  const labels = labelsFor(service)
  await allAtOnce(plan.create, content =>
    client
      .create(sliceKind, {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          namespace,
          generateName: `${name}-`,
          labels,
          ...(annotations && { annotations }),
          ownerReferences: [newControllerRef(serviceKind, service)],
        },
        addressType: family,
        ...content,
      })
      .catch(error => {
        if (!isNamespaceTerminating(error)) throw failed('create', service, error)
      }),
  )
  await allAtOnce(plan.update, ({ slice, endpoints }) => {
    const { [triggerTimeAnnotation]: _, ...kept } = slice.metadata.annotations ?? {}
    const metadata = { ...slice.metadata, labels, annotations: { ...kept, ...annotations } }
    return client.update(sliceKind, { ...slice, metadata, endpoints }).catch(error => {
      throw failed(`update ${slice.metadata.name}`, service, error)
    })
  })
  await remove(plan.remove, service, context)
}

async function remove(slices: readonly EndpointSlice[], service: Service, { client }: ReconcileContext): Promise<void> {
  await allAtOnce(slices, ({ metadata }) =>
    client.delete(sliceKind, metadata as ObjectKey, { preconditions: { uid: metadata.uid } }).catch(error => {
      if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict'))
        throw failed(`delete ${metadata.name}`, service, error)
    }),
  )
}

const nameOf = ({ metadata }: Service) => `${metadata.namespace}/${metadata.name}`

const failed = (what: string, service: Service, error: Error): Error =>
  new Error(`failed to ${what} EndpointSlice for Service ${nameOf(service)}: ${error.message}`, { cause: error })

/** A slice that someone else changed or deleted is put right. */
function serviceOfSlice(slice: KubernetesObject, { type, old }: Change): string[] {
  const ours = isOurs(slice) || (old !== undefined && isOurs(old))
  if (!ours || type === 'add') return []
  return [...new Set([serviceKeyOf(slice), ...(old ? [serviceKeyOf(old)] : [])])]
}

/** A node that appears, or whose zone changes, concerns the services of the pods on it. */
function* servicesOnNode(node: KubernetesObject, cache: Cache, { type, old }: Change): Iterable<string> {
  const zone = (o: KubernetesObject | undefined) => o?.metadata.labels?.['topology.kubernetes.io/zone']
  if (type === 'update' && zone(node) === zone(old)) return
  for (const pod of podsOnNode(cache, node.metadata.name ?? '')) yield* servicesOfPod(pod, cache, { type: 'add' })
}
