/** list: a consistent snapshot, whole or by pages. */
import type { ListOptions } from '../machinery/request.js'
import { badRequest, gone } from '../machinery/status-error.js'
import { RevisionCompacted } from '../storage/storage.js'
import { waitForRevision } from '../watch/freshness.js'
import type { CacheList } from '../watch/page.js'
import { decodeContinue, encodeContinue, expiredContinue } from './continue-token.js'
import { listRevision } from './resource-version.js'
import type { StoredList } from './rest.js'
import { selectionOf } from './select.js'
import type { StoreContext } from './store-context.js'

/** Where a list reads: a snapshot or now, and behind which key. */
interface Position {
  revision?: number
  after?: string
}

/** Throws a StatusError: 400 for options that make no sense, 410 for a snapshot that is forgotten, 504 for one to come. */
export async function listObjects(
  context: StoreContext,
  namespace: string | undefined,
  options: ListOptions,
): Promise<StoredList> {
  const selection = selectionOf(context.kind, namespace, options)
  const prefix = context.listPrefix(namespace)
  const position = await positionOf(context, prefix, options)
  // Upstream answers "any revision" out of its cache, where it knows no pages.
  const limit = options.resourceVersion === '0' && !options.continue ? 0 : (options.limit ?? 0)
  const list = await readSnapshot(context, prefix, position, () =>
    context.options.cache.list({ selection, limit, ...position }),
  )
  const last = list.items.at(-1)
  return {
    items: await context.showAll(list.items),
    revision: list.revision,
    ...(list.more && last && { continue: encodeContinue(last.key, prefix, list.revision) }),
    ...(list.more && list.remaining !== undefined && { remainingItemCount: list.remaining }),
  }
}

async function positionOf(context: StoreContext, prefix: string, options: ListOptions): Promise<Position> {
  const { resourceVersion, resourceVersionMatch, limit } = options
  if (options.continue) {
    const token = decodeContinue(options.continue, prefix)
    if (resourceVersion && resourceVersion !== '0')
      throw badRequest('specifying resource version is not allowed when using continue')
    await (token.revision === undefined ? context.options.storage.sync?.() : waitFor(context, token.revision))
    return token
  }
  const revision = listRevision(resourceVersion)
  // 0 is whatever this server knows; none is the newest of all servers.
  if (revision === undefined) await context.options.storage.sync?.()
  if (!revision) return {}
  await waitFor(context, revision)
  const exact = resourceVersionMatch === 'Exact' || (!resourceVersionMatch && limit)
  return exact ? { revision: Number(revision) } : {}
}

async function waitFor(context: StoreContext, revision: number | bigint | undefined): Promise<void> {
  const late = revision && (await waitForRevision(context.options, revision, !context.kind.uncached))
  if (late) throw late
}

async function readSnapshot(
  { options }: StoreContext,
  prefix: string,
  { revision, after }: Position,
  read: () => Promise<CacheList>,
): Promise<CacheList> {
  try {
    if (revision !== undefined && revision < options.cache.floor()) throw new RevisionCompacted(options.cache.floor())
    return await read()
  } catch (error) {
    if (!(error instanceof RevisionCompacted)) throw error
    if (after === undefined) throw gone('The resourceVersion for the provided list is too old.')
    throw expiredContinue(after, prefix)
  }
}
