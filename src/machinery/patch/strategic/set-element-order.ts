/** `$setElementOrder/<list>`: the order that the elements of a merged list shall have. */
import { formatGo } from '../go-format.js'
import { unexplainedFailure } from '../patch-error.js'
import { asList, asObject, cleanNew, type Fields, hasField, noMergeKey, patchDirective } from './directives.js'
import { orderElements, requireMergeKey } from './element-order.js'
import { elementKind, keyOfElements, type MergeObjects, mergeLists } from './merge-list.js'
import type { PatchMeta } from './patch-meta.js'

/** The patch's elements must be among those of the order, and in that order; deletions need not. */
function validate(patch: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  if (!patch.length || !order.length) return
  const named = mergeKey ? patch.filter(item => asObject(item)[patchDirective] !== 'delete') : patch
  let [inPatch, inOrder] = [0, 0]
  while (inPatch < named.length && inOrder < order.length) {
    const item = named[inPatch]
    if (mergeKey && hasField(item as Fields, patchDirective)) inPatch++
    else if (isSame(item, order[inOrder++], mergeKey)) inPatch++
  }
  if (inPatch < named.length) {
    const lists = `patch list:\n${formatGo(patch)}\n doesn't match $setElementOrder list:\n${formatGo(order)}\n`
    throw unexplainedFailure(`The order in ${lists}`)
  }
}

function isSame(item: unknown, ordered: unknown, mergeKey: string): boolean {
  if (!mergeKey) return item === ordered
  const [left, right] = [asObject(item), asObject(ordered)]
  if (!hasField(left, mergeKey)) throw noMergeKey(left, mergeKey)
  if (!hasField(right, mergeKey)) throw noMergeKey(right, mergeKey)
  return left[mergeKey] === right[mergeKey]
}

interface OrderedLists {
  /** Undefined where the object, or the patch, has no such list. */
  current: unknown
  patch: unknown
  order: unknown
}

/** The list as it shall be; undefined when neither the object nor the patch has it. */
export function mergeInOrder(
  lists: OrderedLists,
  context: { meta: PatchMeta; merge: MergeObjects },
): unknown[] | undefined {
  const { strategy, mergeKey } = context.meta
  const order = asList(lists.order)
  const current = lists.current === undefined ? [] : asList(lists.current)
  const patch = lists.patch === undefined ? [] : asList(lists.patch)
  validate(patch, order, mergeKey)
  if (lists.current === undefined && lists.patch === undefined) return undefined

  let merged: unknown[]
  if (lists.patch === undefined) merged = current
  else if (lists.current === undefined) merged = cleanNew(patch) as unknown[]
  else merged = strategy === 'merge' ? mergeLists(current, patch, context) : patch

  elementKind(current, patch)
  if (mergeKey) {
    for (const list of [merged, order]) for (const item of list) asObject(item)
    requireMergeKey(mergeKey, merged, order)
  }
  return orderElements(merged, { patch: order, server: current, keyOf: keyOfElements(mergeKey) })
}
