/** Adopting orphans that match a controller's selector, and releasing owned objects that no longer do. */
import type { Client } from '../../client/client.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject, ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import type { Cache } from './cache.js'
import { controllerRefOf, newControllerRef } from './owner.js'

export interface Claim<T extends KubernetesObject> {
  owner: KubernetesObject
  ownerKind: KindRef
  /** Kind of the dependents. */
  kind: KindRef<T>
  /** Dependents of the owner, by an index that leaves out some that need not be looked at. Default: all that it owns. */
  owned?: readonly T[]
  /** Which dependents are looked at; others are neither adopted, released nor returned. Default: all. */
  considers?(object: T): boolean
  matches(object: T): boolean
  /** Put on what is adopted and taken off what is released. */
  finalizer?: string
}

const mergePatch = 'application/strategic-merge-patch+json'
const keyFor = (object: KubernetesObject) => object.metadata as ObjectKey

/**
 * The objects that `owner` controls after adoption and release; rejects when either failed, so that the caller comes back.
 * A dependent is only adopted once a live read has shown that the owner is the one we know and is not being deleted.
 */
export async function claimDependents<T extends KubernetesObject>(
  claim: Claim<T>,
  { cache, client }: { cache: Cache; client: Client },
): Promise<T[]> {
  const { owner, kind, matches, considers = () => true, owned = cache.ownedBy(owner, kind) } = claim
  const kept: T[] = []
  const released: T[] = []
  for (const o of owned) if (considers(o)) (matches(o) ? kept : released).push(o)
  if (owner.metadata.deletionTimestamp) return kept
  const orphans = cache
    .orphans(kind, owner.metadata.namespace)
    .filter(o => !o.metadata.deletionTimestamp && considers(o) && matches(o))
  const errors: unknown[] = []
  const attempt = (work: Promise<unknown>) => work.catch(error => void errors.push(error))

  await Promise.all(released.map(o => attempt(release(claim, o, client))))
  if (orphans.length > 0) {
    await attempt(assertAdoptable(claim, client))
    if (errors.length === 0)
      await Promise.all(orphans.map(o => attempt(adopt(claim, o, client).then(a => void (a && kept.push(a))))))
  }
  if (errors.length > 0) throw errors[0]
  return kept
}

/** Upstream's RecheckDeletionTimestamp. */
async function assertAdoptable({ owner, ownerKind }: Claim<KubernetesObject>, client: Client): Promise<void> {
  const { namespace, name, uid } = owner.metadata
  const fresh = await client.get(ownerKind, keyFor(owner))
  if (fresh.metadata.uid !== uid)
    throw new Error(
      `original ${ownerKind.kind} ${namespace}/${name} is gone: got uid ${fresh.metadata.uid}, wanted ${uid}`,
    )
  if (fresh.metadata.deletionTimestamp)
    throw new Error(`${namespace}/${name} has just been deleted at ${fresh.metadata.deletionTimestamp}`)
}

/** The uid in the patch makes it fail on another object of the same name. */
async function adopt<T extends KubernetesObject>(
  { owner, ownerKind, kind, finalizer }: Claim<T>,
  orphan: T,
  client: Client,
): Promise<T | undefined> {
  const metadata = {
    ownerReferences: [newControllerRef(ownerKind, owner)],
    uid: orphan.metadata.uid,
    ...(finalizer && { finalizers: [finalizer] }),
  }
  try {
    return await client.patch(kind, keyFor(orphan), { type: mergePatch, body: { metadata } })
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  }
}

async function release<T extends KubernetesObject>(
  { owner, kind, finalizer }: Claim<T>,
  dependent: T,
  client: Client,
): Promise<void> {
  if (controllerRefOf(dependent)?.uid !== owner.metadata.uid) return
  const metadata = {
    uid: dependent.metadata.uid,
    ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }],
    ...(finalizer && { '$deleteFromPrimitiveList/finalizers': [finalizer] }),
  }
  try {
    await client.patch(kind, keyFor(dependent), { type: mergePatch, body: { metadata } })
  } catch (error) {
    // Gone, or another object of that name (its uid differs): nothing is left to release.
    if (!isReason(error, 'NotFound') && !isReason(error, 'Invalid')) throw error
  }
}
