/** Deletes all there is of one resource in a namespace, and counts what is left. */
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { Client } from '../../client/client.js'
import type { ServedResource } from '../../client/in-process.js'
import type { ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import { allAtOnce } from '../runtime/slow-start.js'
import { estimateGrace } from './plan.js'

export interface Remaining {
  count: number
  finalizers: string[]
  /** Seconds after which it should be gone. */
  estimate: number
}

export interface Target {
  namespace: string
  /** Milliseconds since the epoch. */
  deletedAt: number
  now: number
}

/** How long finalizers are given before the next look. */
const finalizerEstimateSeconds = 15

const isUnsupported = (error: unknown) => isReason(error, 'MethodNotAllowed') || isReason(error, 'NotFound')

/** Throws where deletion failed, or left objects that nothing keeps. */
export async function deleteContent(resource: ServedResource, target: Target, client: Client): Promise<Remaining> {
  const estimate = await estimateFor(resource, target, client)
  if (!(await deleteCollection(resource, target.namespace, client)))
    await deleteEach(resource, target.namespace, client)
  const left = await list(resource, target.namespace, client)
  const finalizers = left.flatMap(o => o.metadata.finalizers ?? [])
  if (left.length === 0) return { count: 0, finalizers, estimate: 0 }
  if (estimate > 0) return { count: left.length, finalizers, estimate }
  if (finalizers.length > 0) return { count: left.length, finalizers, estimate: finalizerEstimateSeconds }
  const { group, version, names } = resource
  throw new UnexpectedRemains(
    `unexpected items still remain in namespace: ${target.namespace} for gvr: ${group}/${version}, Resource=${names.plural}`,
    left.length,
    left.every(({ metadata }) => metadata.deletionTimestamp !== undefined),
  )
}

/** Objects stay though neither grace period nor finalizer explains it. */
export class UnexpectedRemains extends Error {
  constructor(
    message: string,
    readonly count: number,
    /** All of them are on their way out: a pod that has ended stays until its node has cleaned up. */
    readonly ending: boolean,
  ) {
    super(message)
  }
}

async function estimateFor({ group, names }: ServedResource, target: Target, client: Client): Promise<number> {
  if (group !== '' || names.plural !== 'pods') return 0
  const pods = await client.list(podKind, { namespace: target.namespace })
  return estimateGrace(pods.items, target.deletedAt, target.now)
}

/** False where the resource cannot be deleted as a collection. */
async function deleteCollection(resource: ServedResource, namespace: string, client: Client): Promise<boolean> {
  if (!resource.verbs.includes('deletecollection')) return false
  try {
    await client.deleteCollection(resource, { namespace, propagationPolicy: 'Background' })
    return true
  } catch (error) {
    if (isUnsupported(error)) return false
    throw error
  }
}

async function deleteEach(resource: ServedResource, namespace: string, client: Client): Promise<void> {
  const items = await list(resource, namespace, client)
  await allAtOnce(items, ({ metadata }) =>
    client.delete(resource, metadata as ObjectKey, { propagationPolicy: 'Background' }).catch(error => {
      if (!isUnsupported(error)) throw error
    }),
  )
}

async function list(resource: ServedResource, namespace: string, client: Client) {
  if (!resource.verbs.includes('list')) return []
  try {
    return (await client.list(resource, { namespace })).items
  } catch (error) {
    if (isUnsupported(error)) return []
    throw error
  }
}
