/** delete: at once, after a grace period, or when the finalizers are gone. */
import { semanticEqual } from '../apis/validation/semantic-equal.js'
import { cloneJson } from '../machinery/clone.js'
import type { AnyObject, ObjectKey } from '../machinery/object-meta.js'
import type { DeleteOptions } from '../machinery/request.js'
import { notFound } from '../machinery/status-error.js'
import { KeyConflict } from '../storage/storage.js'
import { beginGrace, checkDeletePreconditions, markAsDeleting } from './before-delete.js'
import { deletionFinalizers } from './deletion-finalizers.js'
import type { DeleteResult, DeleteScope, StoredObject } from './rest.js'
import type { StoreContext } from './store-context.js'

export interface DeleteRequest {
  key: ObjectKey
  options: DeleteOptions
  scope: DeleteScope
}

/** Resolves when durable. Throws a StatusError. */
export async function deleteObject(context: StoreContext, request: DeleteRequest): Promise<DeleteResult> {
  for (;;) {
    const current = await context.read(request.key)
    if (!current) throw notFound(context.kind, request.key.name)
    try {
      return await deleteOnce(context, request, current)
    } catch (error) {
      if (!(error instanceof KeyConflict)) throw error
    }
  }
}

/** What the deletion makes of the object: nothing, a changed object that stays, or one more look before it goes. */
interface Plan {
  /** The object to store first; undefined: none. */
  object?: AnyObject
  remove: boolean
}

async function deleteOnce(context: StoreContext, request: DeleteRequest, current: StoredObject): Promise<DeleteResult> {
  const { key, scope } = request
  checkDeletePreconditions(context.kind, current.object, request.options)
  const plan = planDeletion(context, request, current.object)
  if (!plan.object && !plan.remove) return { stored: current, removed: false }
  await scope.admit?.(current.object, undefined)
  if (scope.dryRun) {
    const stored = plan.object ? await context.unwritten(plan.object, current.revision) : current
    return { stored, removed: plan.remove }
  }
  const marked = plan.object && (await context.write(key, plan.object, current.revision))
  if (marked && !plan.remove) return { stored: marked, removed: false }
  const stored = marked ? await removeMarked(context, key, marked) : await context.remove(key, current.revision)
  await context.hooks.afterDelete?.(stored.object)
  return { stored, removed: true }
}

/** Whoever was told of the mark may remove the object first: then it is gone as wished. */
async function removeMarked(context: StoreContext, key: ObjectKey, at: StoredObject): Promise<StoredObject> {
  try {
    return await context.remove(key, at.revision)
  } catch (error) {
    if (error instanceof KeyConflict && !error.current) return at
    throw error
  }
}

function planDeletion(context: StoreContext, { options, scope }: DeleteRequest, old: AnyObject): Plan {
  const { kind, hooks } = context
  // Hooks may change what they like; else nothing but metadata is set.
  const object = hooks.beginDelete ? cloneJson(old) : { ...old, metadata: { ...old.metadata } }
  const now = context.now()
  const step = hooks.beginDelete?.(object, options, { dryRun: scope.dryRun, subresource: '', now })
  if (step === 'write') return { object, remove: false }
  if (step === 'keep') return { remove: false }
  const grace = beginGrace(kind, object, options, now)
  if (grace === 'pending') return { remove: false }
  const finalizers = deletionFinalizers(kind, object.metadata, options)
  if (finalizers) object.metadata.finalizers = finalizers
  const kept = !!object.metadata.finalizers?.length
  if (grace === 'graceful') return { object, remove: !kept && !object.metadata.deletionGracePeriodSeconds }
  if (!kept) return { remove: true }
  markAsDeleting(object.metadata, now)
  // Asked again for what is on its way already: a revision more would wake every watcher for nothing.
  return semanticEqual(object, old) ? { remove: false } : { object, remove: false }
}
