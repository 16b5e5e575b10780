/** watch: from now, from a revision, or beginning with what is there. */
import type { ListOptions } from '../machinery/request.js'
import type { CacheWatchOptions } from '../watch/watch-cache.js'
import type { Watcher } from '../watch/watcher.js'
import { RemoteWatch } from './remote-watch.js'
import { oneRevision } from './resource-version.js'
import type { RegistryEvent, RegistryEventListener, RegistryWatch } from './rest.js'
import { selectionOf } from './select.js'
import type { StoreContext } from './store-context.js'
import type { Version } from './version.js'
import { zeroOf } from './zero.js'

/** Throws a StatusError for options that make no sense; a revision that is gone, or does not come, is an ERROR event. */
export async function watchObjects(
  context: StoreContext,
  { namespace, options, signal }: { namespace: string | undefined; options: ListOptions; signal: AbortSignal },
): Promise<RegistryWatch> {
  const { kind } = context
  const beginning = beginningOf(options, Number(oneRevision(options.resourceVersion) ?? 0))
  if (!options.resourceVersion) await context.options.storage.sync?.()
  const watcher = await context.options.cache.watch({
    selection: selectionOf(kind, namespace, options),
    type: { apiVersion: kind.apiVersion, kind: kind.kind, zero: zeroOf(context) },
    bookmarks: options.allowWatchBookmarks ?? false,
    signal,
    ...(options.timeoutSeconds && { timeout: options.timeoutSeconds * 1000 }),
    ...beginning,
  })
  const { version } = context.options
  if (version.isStored) return watcher
  return version.remote ? new RemoteWatch(watcher, version, version.remote) : new ShownWatch(watcher, version)
}

/** Revision 0 stands for "any": then a watch begins with what is there, unless that is declined. */
function beginningOf(
  options: ListOptions,
  revision: number,
): Pick<CacheWatchOptions, 'from' | 'initial' | 'notOlderThan'> {
  if (options.sendInitialEvents)
    return { initial: options.allowWatchBookmarks ? 'marked' : 'plain', notOlderThan: revision }
  if (revision > 0) return { from: revision }
  return options.sendInitialEvents === undefined ? { initial: 'plain' } : {}
}

/** A watcher's events in the version that was asked for. */
class ShownWatch implements RegistryWatch {
  readonly #watcher: Watcher
  readonly #version: Version

  constructor(watcher: Watcher, version: Version) {
    this.#watcher = watcher
    this.#version = version
  }

  onEvents(listener: RegistryEventListener, onEnd: () => void): void {
    this.#watcher.onEvents(batch => listener(batch.map(event => this.#version.showEvent(event))), onEnd)
  }

  resume(): void {
    this.#watcher.resume()
  }

  stop(): void {
    this.#watcher.stop()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RegistryEvent> {
    for await (const event of this.#watcher) yield this.#version.showEvent(event)
  }
}
