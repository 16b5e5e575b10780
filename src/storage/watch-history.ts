/** A pull watch over any engine's subscription: the events wait in a queue until they are asked for. */
import type { Storage, StorageEvent } from './storage.js'

/** Ends quietly when the signal aborts. The consumer must keep up: what it has not taken stays in memory. */
export async function* watchHistory(
  storage: Pick<Storage, 'subscribe'>,
  prefix: string,
  fromRevision: number,
  signal: AbortSignal,
): AsyncGenerator<StorageEvent> {
  const queue: StorageEvent[] = []
  let wake = () => {}
  const onAbort = () => wake()
  const unsubscribe = storage.subscribe(prefix, fromRevision, events => {
    queue.push(...events)
    wake()
  })
  signal.addEventListener('abort', onAbort)
  try {
    while (!signal.aborted) {
      while (queue.length && !signal.aborted) yield queue.shift()!
      if (signal.aborted) return
      await new Promise<void>(resolve => {
        wake = resolve
        if (queue.length || signal.aborted) resolve()
      })
    }
  } finally {
    unsubscribe()
    signal.removeEventListener('abort', onAbort)
  }
}
