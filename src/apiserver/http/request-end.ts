/** When a request that lasts is over: its client has gone, or the server stops. */
import type { EventEmitter } from 'node:events'

export interface RequestEnd {
  signal: AbortSignal
  /** To be called when all is done: `stopping` outlives every request and must not remember them. */
  release(): void
}

/** `connection` is the response, or the socket of an upgraded connection. */
export function newRequestEnd(connection: EventEmitter, stopping: AbortSignal): RequestEnd {
  const ended = new AbortController()
  const end = () => ended.abort()
  connection.once('close', end)
  stopping.addEventListener('abort', end)
  if (stopping.aborted) end()
  return {
    signal: ended.signal,
    release() {
      connection.off('close', end)
      stopping.removeEventListener('abort', end)
    },
  }
}
