/** Keeps `metadata.managedFields` of whatever is created, updated or patched. */
import type { AnyObject, ManagedFieldsEntry } from '../object-meta.js'
import { capManagers } from './cap-managers.js'
import { checkKeys } from './check-keys.js'
import { decodeManagers, encodeManagers, idOf, type ManagerEntry, type Managers } from './managers.js'
import { matchesNewFields } from './match-fields.js'
import type { MergeContext } from './merge-context.js'
import { newFieldsText } from './new-fields.js'
import { TypedError } from './path-element.js'
import { sameJson } from './same-json.js'
import { recordUpdate } from './update-managers.js'
import { zeroObject } from './zero-object.js'

export interface WriteMark {
  /** Who writes; `''` is unknown. */
  readonly manager: string
  readonly subresource: string
  /** RFC 3339, whole seconds. */
  readonly time: string
  /** The client sent an empty list of managed fields: it wants them forgotten. */
  readonly resets?: boolean
}

const isReset = (entries: readonly ManagedFieldsEntry[] | undefined): boolean =>
  entries?.length === 1 && Object.keys(entries[0]!).length === 0

function decodedOrNone(entries: readonly ManagedFieldsEntry[] | undefined, foreign: boolean): Managers {
  try {
    return decodeManagers(entries, foreign)
  } catch (error) {
    if (error instanceof TypedError || error instanceof SyntaxError) return new Map()
    throw error
  }
}

/** Clients may change managed fields through the object itself, but not lose or spoil them by accident. */
function startingManagers(
  live: AnyObject | undefined,
  object: AnyObject,
  { subresource, resets }: WriteMark,
): Managers {
  const ofLive = () => decodedOrNone(live?.metadata.managedFields, false)
  const given = object.metadata.managedFields
  if (subresource) return ofLive()
  if (resets || isReset(given)) return new Map()
  if (!given?.length || sameJson(given, live?.metadata.managedFields)) return ofLive()
  const managers = decodedOrNone(given, true)
  return managers.size ? managers : ofLive()
}

/** As `recordUpdate` of an object that was not there, in the quickest way. */
function recordCreation(
  context: MergeContext,
  object: AnyObject,
  { managers, entry }: { managers: Managers; entry: Omit<ManagerEntry, 'set'> },
): void {
  const { type, ignored, sets } = context
  const zero = zeroObject(type)
  let set = sets.findRecent(known => matchesNewFields(type, { zero, object, ignored }, known))
  if (!set) {
    const text = newFieldsText(type, zero, object, ignored)
    if (text) set = sets.read(text)
  }
  if (set) managers.set(idOf(entry), { ...entry, set })
}

/**
 * Sets the managed fields of `object`, which was made from `live` by anything but an apply; `live` is undefined for a new object.
 * An object that has none, though it is not new, gets none: its fields were never tracked.
 */
export function trackUpdate(
  context: MergeContext,
  { live, object }: { live: AnyObject | undefined; object: AnyObject },
  mark: WriteMark,
): void {
  const { metadata } = object
  const managers = startingManagers(live, object, mark)
  delete metadata.managedFields
  if (live && !managers.size) return
  const { manager, subresource, time } = mark
  const identity = {
    manager: manager || 'unknown',
    operation: 'Update',
    apiVersion: context.apiVersion,
    subresource,
  } as const
  try {
    // What is reset is not walked for owners, yet spoils the bookkeeping as anything else does.
    for (const name of context.resetFields) {
      const field = context.type.field(name)
      if (field && object[name] !== undefined) checkKeys(field.type, object[name])
    }
    if (!live && !managers.size) recordCreation(context, object, { managers, entry: { ...identity, time } })
    else {
      const change = { live: live ?? zeroObject(context.type), object }
      recordUpdate(context, change, { managers, id: idOf(identity), entry: { ...identity, time } })
    }
  } catch (error) {
    // Lists whose items cannot be told apart: validation will say so, or nobody can own them.
    if (error instanceof TypedError) return
    throw error
  }
  capManagers(managers)
  const entries = encodeManagers(managers)
  if (entries) metadata.managedFields = entries
}
