/** update and patch: computes the new object from the stored one, checks the change, and writes it unless another was faster. */
import { semanticEqual } from '../apis/validation/semantic-equal.js'
import { cloneJson } from '../machinery/clone.js'
import type { WriteContext } from '../machinery/kind.js'
import type { AnyObject, ObjectKey } from '../machinery/object-meta.js'
import { conflict, invalidObject, objectModified } from '../machinery/status-error.js'
import { KeyConflict } from '../storage/storage.js'
import { type CreateRequest, prepareCreation, reserve, validatedAs, withReservation } from './create.js'
import { keepManagerTimes } from './manager-times.js'
import { bumpGeneration, ensureNamespace, keepSystemFields, setType } from './metadata.js'
import { checkWrittenRevision } from './resource-version.js'
import type { StoredObject, Transform, WriteScope } from './rest.js'
import type { StoreContext } from './store-context.js'
import { updateErrors } from './update-errors.js'
import { keepOutsideView, viewOf, type WrittenView } from './view.js'

export interface UpdateRequest {
  key: ObjectKey
  transform: Transform
  scope: WriteScope
}

interface UpdateResult {
  stored: StoredObject
  created: boolean
}

/** Resolves when durable. Throws a StatusError. Each lost race means that somebody else's write was stored, so it ends. */
export async function updateObject(context: StoreContext, request: UpdateRequest): Promise<UpdateResult> {
  for (;;) {
    try {
      const current = await context.read(request.key)
      if (!current) return await createByUpdate(context, request)
      return { stored: await updateOnce(context, request, current), created: false }
    } catch (error) {
      if (!(error instanceof KeyConflict)) throw error
    }
  }
}

async function createByUpdate(context: StoreContext, { key, transform, scope }: UpdateRequest): Promise<UpdateResult> {
  const object = await transform(undefined, undefined)
  await scope.mutate?.(object, undefined)
  const creation: CreateRequest = { namespace: key.namespace, object, scope }
  object.metadata.name ||= key.name
  delete object.metadata.resourceVersion
  return withReservation(await reserve(context, creation), async () => {
    await prepareCreation(context, creation)
    const stored = scope.dryRun
      ? await context.unwritten(object, undefined)
      : await context.write(key, object, 'absent')
    return { stored, created: true }
  })
}

/** Nobody changes managed fields in place: copies share them. */
function copyOf(object: AnyObject): AnyObject {
  const { managedFields } = object.metadata
  if (!managedFields) return cloneJson(object)
  const copy = cloneJson({ ...object, metadata: { ...object.metadata, managedFields: undefined } }) as AnyObject
  copy.metadata.managedFields = managedFields
  return copy
}

async function updateOnce(context: StoreContext, request: UpdateRequest, current: StoredObject): Promise<StoredObject> {
  const { key, transform, scope } = request
  const old = current.object
  const object = await transform(copyOf(old), old)
  await scope.mutate?.(object, old)
  checkPreconditions(context, request, { object, old })
  const { dryRun, subresource } = scope
  const reservation = await context.hooks.beginUpdate?.(object, old, { dryRun, subresource, now: context.now() })
  return withReservation(reservation, async () => {
    const { selfLink } = object.metadata
    await prepareUpdate(context, request, { object, old })
    // Storing drops it.
    if (dryRun && selfLink) object.metadata.selfLink = selfLink
    keepManagerTimes(object, old)
    if (vanishes(context, object, old)) return vanish(context, request, { object, current })
    const isWritten = current.isFirst && context.kind.strategy.storesDefaultsLate
    if (!isWritten && semanticEqual(object, old) && !(await context.isStale(key))) return current
    return dryRun ? context.unwritten(object, current.revision) : context.write(key, object, current.revision)
  })
}

interface Change {
  object: AnyObject
  old: AnyObject
}

function checkPreconditions(context: StoreContext, { key, scope }: UpdateRequest, { object, old }: Change): void {
  const { kind } = context
  const { uid, resourceVersion } = object.metadata
  if (uid && uid !== old.metadata.uid && !scope.patched) throw wrongUid(context, { object, old }, scope.dryRun)
  if (resourceVersion && resourceVersion !== '0') {
    checkWrittenRevision(resourceVersion)
    if (resourceVersion !== old.metadata.resourceVersion) throw conflict(kind, key.name, objectModified)
    return
  }
  if (kind.strategy.allowUnconditionalUpdate === false)
    throw invalidObject({ group: kind.group, kind: kind.names.plural }, key.name, [
      {
        type: 'FieldValueInvalid',
        field: 'metadata.resourceVersion',
        message: 'Invalid value: 0: must be specified for an update',
      },
    ])
  object.metadata.resourceVersion = old.metadata.resourceVersion
}

/** Upstream lets its storage error show through; a dry run does not reach the storage that adds a prefix to keys. */
function wrongUid(context: StoreContext, { object: { metadata }, old }: Change, dryRun: boolean) {
  const name = old.metadata.name ?? ''
  const stored = context.keyOf({ name, namespace: old.metadata.namespace })
  const key = dryRun ? stored.replace(/^\/registry/, '') : stored
  const why = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${old.metadata.uid}`
  return conflict(
    context.kind,
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
  )
}

/** Upstream's BeforeUpdate and validating admission. */
async function prepareUpdate(context: StoreContext, { key, scope }: UpdateRequest, { object, old }: Change) {
  const { kind } = context
  const view = viewOf(kind, scope.subresource)
  const { dryRun, user, warn } = scope
  const write: WriteContext = { now: context.now(), subresource: view.subresource, dryRun, user, warn }
  setType(kind, object)
  ensureNamespace(kind, object.metadata, key.namespace)
  object.metadata.generation = old.metadata.generation
  keepOutsideView(view, object, old)
  if (view.prepares) kind.strategy.prepareForUpdate?.(object, old, write)
  keepSystemFields(object.metadata, old.metadata)
  if (view.bumpsGeneration) bumpGeneration(kind, object, old)
  if (object.metadata.generation === undefined) delete object.metadata.generation
  context.fill(object)
  checkChange(context, view, { object, old }, write)
  for (const warning of view.warns ? (kind.warnings?.(object, old) ?? []) : []) scope.warn?.(warning)
  await scope.admit?.(object, old)
  kind.strategy.asRead?.(object)
}

function checkChange({ kind, namespaced }: StoreContext, view: WrittenView, change: Change, write: WriteContext): void {
  const errors = view.validates ? updateErrors(kind, view, { ...change, write, namespaced }) : []
  if (errors.length) throw invalidObject(validatedAs(kind), change.object.metadata.name ?? '', errors)
}

/** An object that is being deleted goes when its last finalizer does, unless a grace period still runs. */
function vanishes({ hooks }: StoreContext, object: AnyObject, old: AnyObject): boolean {
  if (object.metadata.finalizers?.length || !old.metadata.deletionTimestamp) return false
  return !old.metadata.deletionGracePeriodSeconds && (hooks.mayVanish?.(object) ?? true)
}

async function vanish(
  context: StoreContext,
  { key, scope }: UpdateRequest,
  { object, current }: { object: AnyObject; current: StoredObject },
): Promise<StoredObject> {
  if (scope.dryRun) return context.unwritten(object, current.revision)
  const removed = await context.remove(key, current.revision)
  await context.hooks.afterDelete?.(removed.object)
  // Clients expect the object they sent.
  return context.unwritten(object, current.revision)
}
