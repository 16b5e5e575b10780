/**
 * Server-side apply: merges what a manager wants into the live object, and keeps who owns what.
 *
 * A manager `a` that applied `{replicas: 3, paused: true}` and now applies `{replicas: 2}` loses `paused`: it is removed unless
 * another manager owns it. Had `b` owned `replicas` with 3, the apply would be a conflict; forced, `replicas` becomes `a`'s alone.
 */
import { cloneJson } from '../clone.js'
import type { AnyObject } from '../object-meta.js'
import { badRequest } from '../status-error.js'
import { conflictError } from './conflict.js'
import { difference, type FieldSet, hasPath, isEmpty, pathsOf, recursiveDifference, setOfPaths } from './field-set.js'
import { fieldSetOf } from './field-set-of.js'
import { fieldsOfLastApplied, kubectlManager, refreshLastApplied } from './last-applied.js'
import { decodeManagers, encodeManagers, idOf, type ManagerIdentity, type Managers } from './managers.js'
import { mergeObjects } from './merge.js'
import { type MergeContext, withoutUnmanaged } from './merge-context.js'
import { TypedError } from './path-element.js'
import { pruneObject } from './prune.js'
import { changeValues, findChangedValues } from './reapply.js'
import { sameJson } from './same-json.js'
import type { WriteMark } from './track-update.js'
import { findLosses, recordUpdate, takeLosses } from './update-managers.js'
import { checkApplied } from './validate-applied.js'
import { zeroObject } from './zero-object.js'

export interface ApplyRequest {
  /** Undefined when there is nothing yet. May be changed in parts that the result shares. */
  readonly live: AnyObject | undefined
  /** As the client sent it; not changed, and the result shares nothing with it. */
  readonly applied: AnyObject
  readonly force: boolean
  readonly mark: WriteMark
}

export interface Applied {
  object: AnyObject
  /** False when it is the live object but for its managed fields. */
  changed: boolean
}

type Fields = Record<string, unknown>

const textOf = (value: unknown) => (typeof value === 'string' ? value : '')

/** As Go prints a type: `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`; nothing of a version that cannot be read. */
function shownType(apiVersion: string, kind: string): string {
  const parts = apiVersion.split('/')
  if (!apiVersion || parts.length > 2) return parts.length > 2 ? '/, Kind=' : `/, Kind=${kind}`
  return `${parts.length === 1 ? '/' : ''}${apiVersion}, Kind=${kind}`
}

/** How upstream's errors name an applied object: `default/web; apps/v1, Kind=Deployment`. */
export function shownObject(applied: AnyObject): string {
  const { name, namespace } = (applied.metadata ?? {}) as Record<string, unknown>
  return `${textOf(namespace)}/${textOf(name)}; ${shownType(textOf(applied.apiVersion), textOf(applied.kind))}`
}

/** What can be told before anything is merged. */
function checkRequest({ apiVersion, kind }: MergeContext, applied: AnyObject): void {
  const given = { apiVersion: textOf(applied.apiVersion), kind: textOf(applied.kind) }
  if (given.apiVersion !== apiVersion || given.kind !== kind)
    throw badRequest(`invalid object type: ${shownType(given.apiVersion, given.kind)}`)
  if ((applied.metadata?.managedFields ?? null) !== null) throw badRequest('metadata.managedFields must be nil')
}

function checkFields({ type }: MergeContext, applied: AnyObject): void {
  try {
    checkApplied(type, applied)
  } catch (error) {
    if (!(error instanceof TypedError)) throw error
    throw badRequest(`failed to create typed patch object (${shownObject(applied)}): ${error.message}`)
  }
}

interface Attempt {
  readonly live: Fields
  readonly applied: Fields
  readonly managers: Managers
  readonly identity: ManagerIdentity
}

/** Merged, pruned, and what others lose by it. Nothing is decided yet; `managers` has the new set of the applying one. */
function attemptApply(context: MergeContext, { live, applied, managers, identity }: Attempt) {
  const id = idOf(identity)
  const last = managers.get(id)
  const set = recursiveDifference(fieldSetOf(context.type, applied), context.reset)
  managers.set(id, { ...identity, time: last?.time, set })
  const merged = mergeObjects(context.type, live, applied)
  const object = pruneObject(context, { merged, applied }, { last, managers, set })
  // Not before: type and name are not to be pruned.
  const owned = context.sets.shared(withoutUnmanaged(set), last?.set)
  managers.set(id, { ...identity, time: last?.time, set: owned })
  return { object, losses: findLosses(context, { live, object }, { managers, except: id }) }
}

/** Conflicts that client-side apply does not excuse. */
function remainingConflicts(conflicts: ReadonlyMap<string, FieldSet>, allowed: FieldSet | undefined) {
  if (!allowed) return conflicts
  const all = [...conflicts.values()]
  if (all.every(set => isEmpty(difference(set, allowed)))) return new Map<string, FieldSet>()
  return new Map(
    [...conflicts].map(([id, set]) => [id, setOfPaths([...pathsOf(set)].filter(path => !hasPath(allowed, path)))]),
  )
}

function refuseConflicts(
  context: MergeContext,
  { live, managers, mark }: { live: AnyObject | undefined; managers: Managers; mark: WriteMark },
  conflicts: ReadonlyMap<string, FieldSet>,
): void {
  if (!conflicts.size) return
  const allowed = mark.manager === kubectlManager && live ? fieldsOfLastApplied(context, live) : undefined
  const remaining = remainingConflicts(conflicts, allowed)
  if (remaining.size) throw conflictError(managers, remaining)
}

/** Fields that were there before anybody applied. */
function claimEarlierFields(context: MergeContext, live: AnyObject, { subresource, time }: WriteMark): Managers {
  const managers: Managers = new Map()
  const { apiVersion } = context
  const identity = { manager: 'before-first-apply', operation: 'Update', apiVersion, subresource } as const
  const change = { live: zeroObject(context.type), object: live }
  try {
    checkApplied(context.type, live)
    recordUpdate(context, change, { managers, id: idOf(identity), entry: { ...identity, time } })
  } catch (error) {
    if (!(error instanceof TypedError)) throw error
    const why = `failed to convert new object (${shownObject(live)}) to smd typed: ${error.message}`
    throw badRequest(`failed to create manager for existing fields: ${why}`)
  }
  return managers
}

/** Undefined where what is written down of them cannot be read. */
function knownManagersOf(live: AnyObject): Managers | undefined {
  try {
    return decodeManagers(live.metadata.managedFields, false)
  } catch (error) {
    if (error instanceof TypedError) return undefined
    throw error
  }
}

function managersOf(context: MergeContext, live: AnyObject | undefined, mark: WriteMark): Managers {
  try {
    const managers = decodeManagers(live?.metadata.managedFields, false)
    return managers.size || !live ? managers : claimEarlierFields(context, live, mark)
  } catch (error) {
    if (!(error instanceof TypedError)) throw error
    throw badRequest(`failed to decode managed fields: ${error.message}`)
  }
}

interface Outcome {
  object: Fields
  changed: boolean
}

/** As `merge`, in the quickest way, of a manager that applied the same fields before; undefined where that is not so. */
function reapply(
  context: MergeContext,
  { live, applied }: { live: AnyObject; applied: AnyObject },
  identity: ManagerIdentity,
): (Outcome & { managers: Managers }) | undefined {
  const managers = knownManagersOf(live)
  const object = withoutManagedFields(live)
  const changes = managers && findChangedValues(context, { live: object, applied }, { managers, identity })
  if (!changes) return undefined
  changeValues(changes)
  return { object, changed: changes.length > 0, managers }
}

function merge(context: MergeContext, { live, applied, force, mark }: ApplyRequest, identity: ManagerIdentity) {
  checkFields(context, applied)
  const managers = managersOf(context, live, mark)
  const before: Fields = live
    ? withoutManagedFields(live)
    : { ...cloneJson(zeroObject(context.type)), ...typeMeta(context) }
  const attempt = { live: before, applied: cloneJson(applied), managers, identity }
  const { object, losses } = attemptApply(context, attempt)
  if (!force) refuseConflicts(context, { live, managers, mark }, losses.conflicts)
  takeLosses(managers, losses)
  const changed = !sameJson(before, object)
  return { object: changed ? object : before, changed, managers }
}

/**
 * The object with its managed fields, neither decoded nor defaulted: it may hold what the client wrote in another form, and null.
 * Throws 409 with the conflicts, and 400 for what does not fit the schema, where upstream has its words in a 500.
 */
export function applyObject(context: MergeContext, request: ApplyRequest): Applied {
  const { live, applied, mark } = request
  checkRequest(context, applied)
  const identity: ManagerIdentity = {
    manager: mark.manager,
    operation: 'Apply',
    apiVersion: context.apiVersion,
    subresource: mark.subresource,
  }
  const again = live && reapply(context, { live, applied }, identity)
  const { object, changed, managers } = again ?? merge(context, request, identity)
  const id = idOf(identity)
  const entry = managers.get(id)
  if (entry && changed) managers.set(id, { ...entry, time: mark.time })
  const result = object as AnyObject
  if (mark.manager === kubectlManager) refreshLastApplied(result, applied)
  const entries = encodeManagers(managers)
  result.metadata = { ...result.metadata, ...(entries && { managedFields: entries }) }
  return { object: result, changed }
}

const typeMeta = ({ apiVersion, kind }: MergeContext) => ({ apiVersion, kind })

function withoutManagedFields(live: AnyObject): AnyObject {
  const { managedFields: _managedFields, ...metadata } = live.metadata
  return { ...live, metadata }
}
