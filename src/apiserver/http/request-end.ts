/** When a request that lasts is over: its client has gone, or the server stops. */
import type { EventEmitter } from 'node:events'

export interface RequestEnd {
  signal: AbortSignal
  /** To be called when all is done: aborts, if nothing else has, and is forgotten by `stopping`. */
  release(): void
}

/**
 * `connection` is the response, or the socket of an upgraded connection. Not AbortSignal.any: what it derives from a signal
 * that lives as long as the server is kept for as long.
 */
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
      end()
    },
  }
}
