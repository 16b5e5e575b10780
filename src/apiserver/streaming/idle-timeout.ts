/** Closes a connection on which nothing has moved for long. */
import type { Duplex } from 'node:stream'
import type { Clock, Timer } from '../../machinery/clock.js'

/** Bytes of both directions; a stream without counters never counts as idle. */
function traffic(socket: Duplex): number | undefined {
  const { bytesRead, bytesWritten } = socket as { bytesRead?: number; bytesWritten?: number }
  return bytesRead === undefined || bytesWritten === undefined ? undefined : bytesRead + bytesWritten
}

/** Destroys the socket when a whole period passed without a byte; so after one to two periods. Returns what stops the watch. */
export function watchIdle(socket: Duplex, clock: Clock, periodMs: number): Timer {
  let timer: Timer
  const watch = (before: number | undefined) => {
    timer = clock.after(periodMs, () => {
      const now = traffic(socket)
      if (now !== undefined && now === before) socket.destroy()
      else watch(now)
    })
  }
  watch(traffic(socket))
  return { cancel: () => timer.cancel() }
}
