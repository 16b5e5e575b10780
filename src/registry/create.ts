/** create: from what a client sent to a stored object. */

import { cloneJson } from '../machinery/clone.js'
import type { FieldError } from '../machinery/field-error.js'
import type { AnyKind, WriteContext } from '../machinery/kind.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { validateObjectMeta } from '../machinery/object-meta-validation.js'
import { alreadyExists, invalidObject, StatusError } from '../machinery/status-error.js'
import { KeyConflict } from '../storage/storage.js'
import { generateName, newUid } from './generate-name.js'
import type { Reservation } from './hooks.js'
import { ensureNamespace, fillSystemFields, generationPaths, nameRuleOf, setType } from './metadata.js'
import type { StoredObject, WriteScope } from './rest.js'
import type { StoreContext } from './store-context.js'

/** Tries with a new generated name each: upstream's figure. */
const maxNameAttempts = 8

export interface CreateRequest {
  namespace: string | undefined
  object: AnyObject
  scope: WriteScope
}

/** Resolves when durable. Throws a StatusError. */
export async function createObject(context: StoreContext, request: CreateRequest): Promise<StoredObject> {
  const { object, scope } = request
  await scope.mutate?.(object, undefined)
  const { name, generateName: base } = object.metadata
  if (!name) {
    const made = context.kind.strategy.makeName?.(base ?? '', () => newUid(context.options.random))
    if (made) object.metadata.name = made
  }
  if (object.metadata.name || !base) return createOnce(context, request)
  for (let attempt = 1; ; attempt++) {
    const copy = cloneJson(object)
    copy.metadata.name = generateName(base, context.options.random)
    try {
      return await createOnce(context, { ...request, object: copy })
    } catch (error) {
      const taken = error instanceof StatusError && error.reason === 'AlreadyExists'
      if (!taken) throw error
      if (attempt === maxNameAttempts) throw noUniqueName(context, copy.metadata.name)
    }
  }
}

async function createOnce(context: StoreContext, { namespace, object, scope }: CreateRequest): Promise<StoredObject> {
  const key = { name: object.metadata.name ?? '', namespace }
  return withReservation(await reserve(context, { namespace, object, scope }), async () => {
    await prepareCreation(context, { object, scope })
    // 0 is no version, nor is what is no number, and a dry run does not get as far as the storage that minds.
    if (object.metadata.resourceVersion === '0' && !scope.dryRun) delete object.metadata.resourceVersion
    if (/^\d+$/.test(object.metadata.resourceVersion ?? '') && !scope.dryRun) throw resourceVersionSet()
    if (scope.dryRun) {
      const there = await context.read(key)
      if (there) throw existsAlready(context, there.object)
      return context.unwritten(object, undefined)
    }
    try {
      return await context.write(key, object, 'absent')
    } catch (error) {
      if (!(error instanceof KeyConflict)) throw error
      const there = await context.read(key)
      throw existsAlready(context, there?.object ?? object)
    }
  })
}

/** Takes what the kind must hold before it is prepared; also of an update that creates. */
export async function reserve(
  context: StoreContext,
  { namespace, object, scope }: CreateRequest,
): Promise<Reservation | undefined> {
  ensureNamespace(context.kind, object.metadata, namespace)
  fillSystemFields(context, object.metadata)
  const { dryRun } = scope
  return context.hooks.beginCreate?.(object, { dryRun, subresource: '', now: context.now() })
}

/** Keeps the reservation if `body` succeeds, gives it back if it throws. */
export async function withReservation<T>(reservation: Reservation | undefined, body: () => Promise<T>): Promise<T> {
  try {
    const result = await body()
    reservation?.commit()
    return result
  } catch (error) {
    reservation?.revert()
    throw error
  }
}

/** Upstream's BeforeCreate and validating admission. Throws a StatusError. */
export async function prepareCreation(context: StoreContext, { object, scope }: Omit<CreateRequest, 'namespace'>) {
  const { kind } = context
  const { dryRun, user, warn } = scope
  const write: WriteContext = { now: context.now(), subresource: '', dryRun, user, warn }
  setType(kind, object)
  if (kind.subresources.status && !kind.strategy.keepStatusOnCreate) delete object.status
  if (generationPaths(kind, object).length) object.metadata.generation = 1
  kind.strategy.prepareForCreate?.(object, write)
  context.fill(object)
  const errors = creationErrors(context, object, write)
  if (errors.length) throw invalidObject(validatedAs(kind), object.metadata.name ?? '', errors)
  for (const warning of kind.warnings?.(object, undefined) ?? []) scope.warn?.(warning)
  await scope.admit?.(object, undefined)
  kind.strategy.asRead?.(object)
}

/** What errors of validation call the kind. */
export const validatedAs = ({ group, kind, validatedGroup = group }: AnyKind) => ({ group: validatedGroup, kind })

function creationErrors({ kind, namespaced }: StoreContext, object: AnyObject, write: WriteContext): FieldError[] {
  const { anyFinalizers, metadataChecked } = kind
  const validateName = nameRuleOf(kind, object)
  const ofMetadata = () => validateObjectMeta(object.metadata, { namespaced, validateName, anyFinalizers })
  const first = metadataChecked ? [] : ofMetadata()
  const own = [...(kind.validate?.(object, write) ?? [])]
  const between = metadataChecked === 'between' ? ofMetadata() : []
  const errors = [...first, ...own, ...between, ...(kind.validateCreate?.(object, write) ?? [])]
  return metadataChecked === 'last' && !errors.length ? ofMetadata() : errors
}

/** Upstream answers this plain error with 500. */
const resourceVersionSet = () => new StatusError(500, '', 'resourceVersion should not be set on objects to be created')

/** 409, and says so when the object that is there is on its way out. */
export function existsAlready({ kind }: StoreContext, { metadata }: AnyObject): StatusError {
  const error = alreadyExists(kind, metadata.name ?? '')
  if (!metadata.deletionTimestamp) return error
  const { code, reason = '', message, details } = error.status
  return new StatusError(code, reason, `object is being deleted: ${message}`, details)
}

function noUniqueName({ kind }: StoreContext, name: string): StatusError {
  const { code, reason = '', message, details } = alreadyExists(kind, name).status
  const text = `${message}, the server was not able to generate a unique name for the object`
  return new StatusError(code, reason, text, { ...details, retryAfterSeconds: 1 })
}
