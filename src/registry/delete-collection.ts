/** deleteCollection: deletes what a list finds, many at a time, so that deletions share their trips to the disk. */

import type { DeleteOptions, ListOptions } from '../machinery/request.js'
import { isReason } from '../machinery/status-error.js'
import { deleteObject } from './delete.js'
import { listObjects } from './list.js'
import type { DeleteScope, StoredList, StoredObject } from './rest.js'
import type { StoreContext } from './store-context.js'

/** Read at once when the caller sets no limit: upstream's figure. */
const pageSize = 10_000
const workers = 64

export interface DeleteCollectionRequest {
  namespace: string | undefined
  options: DeleteOptions
  list: ListOptions
  scope: DeleteScope
}

/** Not atomic: an error leaves what was deleted before it deleted. Answers with what was found. */
export async function deleteObjects(context: StoreContext, request: DeleteCollectionRequest): Promise<StoredList> {
  const { namespace, list } = request
  const first = await listObjects(context, namespace, { ...list, limit: list.limit || pageSize })
  await deleteAll(context, request, first.items)
  if (list.limit) return first
  const items = [...first.items]
  for (let next = first.continue; next; ) {
    const { labelSelector, fieldSelector } = list
    const page = await listObjects(context, namespace, {
      labelSelector,
      fieldSelector,
      limit: pageSize,
      continue: next,
    })
    await deleteAll(context, request, page.items)
    items.push(...page.items)
    next = page.continue
  }
  return { items, revision: first.revision }
}

async function deleteAll(context: StoreContext, request: DeleteCollectionRequest, items: readonly StoredObject[]) {
  let next = 0
  let failed = false
  const worker = async () => {
    while (next < items.length && !failed) {
      const { name = '', namespace } = items[next++]!.object.metadata
      try {
        await deleteObject(context, { ...request, key: { name, namespace } })
      } catch (error) {
        if (isReason(error, 'NotFound')) continue
        failed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(workers, items.length) }, worker))
}
