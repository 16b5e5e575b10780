/** Merges a patch into an object of a known type, directive by directive. Copies on write: its inputs stay as they are. */
import { badRequest } from '../../status-error.js'
import {
  cleanNew,
  deletePrefix,
  dropped,
  type Fields,
  fieldOfDirective,
  hasField,
  isObject,
  orderPrefix,
  patchDirective,
  retainKeysDirective,
  setField,
  unknownDirective,
} from './directives.js'
import { deleteFromList, mergeLists } from './merge-list.js'
import { lookupList, lookupObject, type PatchType } from './patch-meta.js'
import { mergeInOrder } from './set-element-order.js'

/** `$patch: replace` takes the patch as it is, `$patch: delete` leaves an empty object. */
function applyPatchDirective(patch: Fields): Fields {
  const { [patchDirective]: directive, ...rest } = patch
  if (directive === 'replace') return rest
  if (directive === 'delete') return {}
  throw unknownDirective(directive, patch)
}

const isParallelList = (key: string) => key.startsWith(deletePrefix) || key.startsWith(orderPrefix)

/** `$retainKeys` names every field that may stay; the patch may set no other. */
function retainKeys(result: Fields, patch: Fields): void {
  const names = patch[retainKeysDirective]
  const wrongFormat = () => badRequest('invalid patch format of retainKeys')
  if (!Array.isArray(names)) throw wrongFormat()
  const kept = new Set<unknown>(names)
  for (const [key, value] of Object.entries(patch)) {
    if (key === retainKeysDirective || value === null || isParallelList(key)) continue
    if (!kept.has(key)) throw wrongFormat()
  }
  for (const key of Object.keys(result)) if (!kept.has(key)) delete result[key]
}

/** Sets every list for which the patch has an order. Returns the fields that are done. */
function applyElementOrders(result: Fields, patch: Fields, type: PatchType): Set<string> {
  const done = new Set<string>()
  for (const directive of Object.keys(patch)) {
    if (!directive.startsWith(orderPrefix)) continue
    done.add(directive)
    const key = fieldOfDirective(directive, orderPrefix)
    const lists = {
      current: hasField(result, key) ? result[key] : undefined,
      patch: hasField(patch, key) ? patch[key] : undefined,
      order: patch[directive],
    }
    const ordered = mergeInOrder(lists, { meta: lookupList(type, key), merge: mergeObjects })
    if (!ordered) continue
    setField(result, key, ordered)
    done.add(key)
  }
  return done
}

/** A value of another kind than before, or of none: replaced. */
function replaceField(result: Fields, key: string, value: unknown): void {
  const cleaned = cleanNew(value)
  if (cleaned === dropped) delete result[key]
  else setField(result, key, cleaned)
}

function mergeField(result: Fields, key: string, { value, type }: { value: unknown; type: PatchType }): void {
  const current = hasField(result, key) ? result[key] : undefined
  if (isObject(current) && isObject(value)) {
    const meta = lookupObject(type, key)
    setField(result, key, meta.strategy === 'replace' ? value : mergeObjects(current, value, meta.type))
  } else if (Array.isArray(current) && Array.isArray(value)) {
    const meta = lookupList(type, key)
    const merged = meta.strategy === 'merge' ? mergeLists(current, value, { meta, merge: mergeObjects }) : value
    setField(result, key, merged)
  } else replaceField(result, key, value)
}

function deleteElements(result: Fields, key: string, { value, type }: { value: unknown; type: PatchType }): void {
  const current = hasField(result, key) ? result[key] : undefined
  if (!Array.isArray(current) || !Array.isArray(value)) return
  const meta = lookupList(type, key)
  setField(result, key, deleteFromList(current, value, { meta, merge: mergeObjects }))
}

/** The object with the patch applied. Throws StatusErrors with upstream's words. */
export function mergeObjects(current: Fields, patch: Fields, type: PatchType): Fields {
  if (hasField(patch, patchDirective)) return applyPatchDirective(patch)
  const result = { ...current }
  if (hasField(patch, retainKeysDirective)) retainKeys(result, patch)
  const done = applyElementOrders(result, patch, type)
  for (const name of Object.keys(patch)) {
    if (done.has(name) || name === retainKeysDirective) continue
    const value = patch[name]
    const deletes = name.startsWith(deletePrefix)
    const key = deletes ? fieldOfDirective(name, deletePrefix) : name
    if (value === null) delete result[key]
    else if (deletes) deleteElements(result, key, { value, type })
    else mergeField(result, key, { value, type })
  }
  return result
}
