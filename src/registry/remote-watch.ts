/** A watch whose events are converted by a webhook before they are told: in order, one batch after the other. */
import { internalError, StatusError } from '../machinery/status-error.js'
import { type CacheEvent, newErrorEvent } from '../watch/event.js'
import type { Watcher } from '../watch/watcher.js'
import type { RegistryEvent, RegistryEventListener, RegistryWatch } from './rest.js'
import type { RemoteConversion, Version } from './version.js'

const hasObject = ({ type }: CacheEvent) => type !== 'BOOKMARK' && type !== 'ERROR'

export class RemoteWatch implements RegistryWatch {
  /** A batch is being converted: the watcher is paused. */
  #busy = false
  #ended = false

  constructor(
    private readonly watcher: Watcher,
    private readonly version: Version,
    private readonly remote: RemoteConversion,
  ) {}

  /** A conversion that fails ends the watch with its error. */
  async #shown(batch: readonly CacheEvent[]): Promise<CacheEvent[]> {
    try {
      await this.remote.prepare(batch.filter(hasObject).map(event => event.stored))
      return batch.map(event => this.version.showEvent(event))
    } catch (error) {
      const { status } = error instanceof StatusError ? error : internalError((error as Error).message)
      return [newErrorEvent(status)]
    }
  }

  onEvents(listener: RegistryEventListener, onEnd: () => void): void {
    const tell = async (batch: readonly CacheEvent[]) => {
      const shown = await this.#shown(batch)
      this.#busy = false
      const goesOn = listener(shown) !== false
      if (shown.at(-1)?.type === 'ERROR') this.watcher.stop()
      if (this.#ended) onEnd()
      else if (goesOn) this.watcher.resume()
    }
    this.watcher.onEvents(
      batch => {
        this.#busy = true
        void tell(batch)
        return false
      },
      () => {
        this.#ended = true
        if (!this.#busy) onEnd()
      },
    )
  }

  resume(): void {
    if (!this.#busy) this.watcher.resume()
  }

  stop(): void {
    this.watcher.stop()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RegistryEvent> {
    for await (const event of this.watcher) {
      const [shown] = await this.#shown([event])
      yield shown!
      if (shown!.type === 'ERROR') return
    }
  }
}
