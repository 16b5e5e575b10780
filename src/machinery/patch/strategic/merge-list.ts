/** Merges two lists whose type says `merge`: of objects by their merge key, of scalars as sets. */
import { formatGo, goTypeOf } from '../go-format.js'
import { unexplainedFailure, unprocessablePatch } from '../patch-error.js'
import { type Fields, hasField, noMergeKey, patchDirective, unknownDirective } from './directives.js'
import { type KeyOf, orderElements, requireMergeKey } from './element-order.js'
import { goKind, type PatchMeta, type PatchType } from './patch-meta.js'

/** Merges an element; handed in, for objects hold lists and lists hold objects. */
export type MergeObjects = (current: Fields, patch: Fields, type: PatchType) => Fields

/** Go's kind of the elements of both lists, which must be one. */
export function elementKind(...lists: (readonly unknown[])[]): 'object' | 'scalar' {
  const [first, ...others] = lists.flat()
  if (first === undefined) throw unexplainedFailure('no elements in any of the given slices')
  const type = goTypeOf(first)
  if (type.startsWith('[]')) throw unprocessablePatch()
  if (others.some(item => goTypeOf(item) !== type)) {
    throw unexplainedFailure(`list element types are not identical: ${formatGo(lists)}`)
  }
  return type.startsWith('map') ? 'object' : 'scalar'
}

export const keyOfElements = (mergeKey: string): KeyOf => (mergeKey ? item => (item as Fields)[mergeKey] : item => item)

/** Applies `$patch` elements to `current`. Returns what is left to merge of both. */
function applyElementDirectives(current: readonly Fields[], patch: readonly Fields[], mergeKey: string) {
  const plain: Fields[] = []
  const deleted = new Set<unknown>()
  let replaces = false
  for (const item of patch) {
    if (!hasField(item, patchDirective)) {
      plain.push(item)
      continue
    }
    const directive = item[patchDirective]
    if (directive === 'delete') {
      if (!hasField(item, mergeKey)) throw noMergeKey(item, mergeKey)
      deleted.add(item[mergeKey])
    } else if (directive === 'replace') replaces = true
    else if (directive === 'merge') throw unexplainedFailure('merging lists cannot yet be specified in the patch')
    else throw unknownDirective(directive, item)
  }
  if (replaces) return { current: plain, patch: [] }
  const kept = deleted.size
    ? current.filter(item => !(hasField(item, mergeKey) && deleted.has(item[mergeKey])))
    : current
  return { current: kept, patch: plain }
}

function mergeByKey(current: readonly Fields[], patch: readonly Fields[], meta: PatchMeta, merge: MergeObjects) {
  const { mergeKey, type } = meta
  const result = [...current]
  const places = new Map<unknown, number>()
  result.forEach((item, i) => {
    if (hasField(item, mergeKey) && !places.has(item[mergeKey])) places.set(item[mergeKey], i)
  })
  for (const item of patch) {
    if (!hasField(item, mergeKey)) throw noMergeKey(item, mergeKey)
    const place = places.get(item[mergeKey])
    if (place === undefined) places.set(item[mergeKey], result.push(item) - 1)
    else result[place] = merge(result[place]!, item, type)
  }
  return result
}

/** Neither list is changed. */
export function mergeLists(
  current: readonly unknown[],
  patch: readonly unknown[],
  { meta, merge }: { meta: PatchMeta; merge: MergeObjects },
): unknown[] {
  if (!current.length && !patch.length) return current as unknown[]
  const { mergeKey } = meta
  if (elementKind(current, patch) === 'scalar') {
    const merged = [...new Set([...current, ...patch])]
    return orderElements(merged, { patch, server: current, keyOf: keyOfElements('') })
  }
  if (!mergeKey) throw unexplainedFailure(`cannot merge lists without merge key for ${goKind(meta.type)}`)
  const left = applyElementDirectives(current as Fields[], patch as Fields[], mergeKey)
  const merged = mergeByKey(left.current, left.patch, meta, merge)
  requireMergeKey(mergeKey, merged)
  return orderElements(merged, { patch: left.patch, server: left.current, keyOf: keyOfElements(mergeKey) })
}

/** `$deleteFromPrimitiveList`. A list of objects is merged instead, as upstream does. */
export function deleteFromList(
  current: readonly unknown[],
  patch: readonly unknown[],
  context: { meta: PatchMeta; merge: MergeObjects },
): unknown[] {
  if (!current.length && !patch.length) return current as unknown[]
  if (elementKind(current, patch) === 'object') return mergeLists(current, patch, context)
  const deleted = new Set(patch)
  return current.filter(item => !deleted.has(item))
}
