/** EndpointSlice mirroring controller: copies Endpoints that users write for services without a selector into slices. */
import { endpoints as endpointsKind, service as serviceKind } from '../../apis/core-v1/index.js'
import { endpointSlice as sliceKind } from '../../apis/discovery-v1/index.js'
import type { Endpoints } from '../../apis/generated/core-v1.js'
import type { EndpointSlice } from '../../apis/generated/discovery-v1.js'
import { isNamespaceTerminating } from '../../client/error-causes.js'
import { keyOf } from '../../client/indexer.js'
import type { Informer } from '../../client/informer.js'
import type { KubernetesObject, ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { type Change, defineController } from '../runtime/define-controller.js'
import { newControllerRef } from '../runtime/owner.js'
import { done } from '../runtime/result.js'
import { allAtOnce } from '../runtime/slow-start.js'
import { isMirror, mirrorMetadata, planMirror, serviceKeyOf, shouldMirror } from './plan.js'

const mirrorsIndex = 'mirrorsOf'

export const endpointSliceMirroringController = defineController<Endpoints>({
  name: 'endpoint_slice_mirroring',
  serviceAccount: 'endpointslicemirroring-controller',
  for: endpointsKind,
  prepare(informer) {
    const slices: Informer<EndpointSlice> = informer(sliceKind)
    slices.addIndex(mirrorsIndex, slice => (isMirror(slice) ? [serviceKeyOf(slice)] : []))
  },
  watches: [
    { kind: serviceKind, keys: service => [keyOf(service)] },
    { kind: sliceKind, keys: (slice, _cache, change) => endpointsOf(slice as EndpointSlice, change) },
  ],

  async reconcile(endpoints, context) {
    const { cache, client, recorder } = context
    const key = keyOf(endpoints)
    const existing = cache.byIndex(sliceKind, mirrorsIndex, key)
    const service = cache.get(serviceKind, endpoints.metadata as ObjectKey)
    if (!service || service.spec?.selector !== undefined || !shouldMirror(endpoints)) {
      await remove(existing, context)
      return done
    }
    const metadata = { ...mirrorMetadata(endpoints), ownerReferences: [newControllerRef(endpointsKind, endpoints)] }
    const plan = planMirror(endpoints, existing, metadata)
    if (plan.invalid > 0) {
      const text = `Skipped ${plan.invalid} invalid IP addresses when mirroring to EndpointSlices`
      recorder.event(endpoints, 'Warning', 'InvalidIPAddress', text)
    }
    if (plan.skipped > 0) {
      const text = `A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. ${plan.skipped} addresses were skipped`
      recorder.event(endpoints, 'Warning', 'TooManyAddressesToMirror', text)
    }
    if (!endpoints.metadata.deletionTimestamp)
      await allAtOnce(plan.create, slice =>
        client.create(sliceKind, slice).catch(error => {
          if (!isNamespaceTerminating(error)) throw error
        }),
      )
    await allAtOnce(plan.update, slice => client.update(sliceKind, slice))
    await remove(plan.remove, context)
    return done
  },

  async gone(key, context) {
    await remove(context.cache.byIndex(sliceKind, mirrorsIndex, key), context)
  },
})

async function remove(slices: readonly EndpointSlice[], { client }: ReconcileContext): Promise<void> {
  await allAtOnce(slices, ({ metadata }) =>
    client.delete(sliceKind, metadata as ObjectKey, { preconditions: { uid: metadata.uid } }).catch(error => {
      if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error
    }),
  )
}

/** A mirror that someone else changed or deleted is put right. */
function endpointsOf(slice: EndpointSlice, { type, old }: Change): string[] {
  const before = old as (KubernetesObject & EndpointSlice) | undefined
  return type !== 'add' && (isMirror(slice) || (before && isMirror(before))) ? [serviceKeyOf(slice)] : []
}
