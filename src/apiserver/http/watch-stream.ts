/** Sends a watch: all that is due in one tick as one write. */
import type { ServerResponse } from 'node:http'
import { protobufWatchType } from '../../machinery/protobuf/watch-frame.js'
import type { RegistryEvent, RegistryWatch } from '../../registry/rest.js'
import type { Exchange } from './exchange.js'
import { writeHead } from './send.js'
import { forgetJoined, type Join, joinFor, type WatchForm } from './watch-frames.js'

/** Outlets that have something to write when the tick ends. */
let due: Outlet[] = []

function flushDue(): void {
  const outlets = due
  due = []
  for (const outlet of outlets) outlet.flush()
  forgetJoined()
}

/** Writes are gathered until the tick ends; a client that does not keep up pauses its watch, which cuts it off when it lags too far. */
class Outlet {
  #pending: RegistryEvent[] = []
  #full = false

  constructor(
    readonly response: ServerResponse,
    readonly join: Join,
    readonly on: { drain(): void; error(error: unknown): void; sent(events: number, bytes: number): void },
  ) {
    response.on('drain', () => {
      this.#full = false
      on.drain()
    })
  }

  /** False when the client is behind. */
  send(events: readonly RegistryEvent[]): boolean {
    if (!this.#pending.length && due.push(this) === 1) setImmediate(flushDue)
    for (const event of events) this.#pending.push(event)
    return !this.#full
  }

  flush(): void {
    const events = this.#pending
    if (!events.length || this.response.destroyed) return
    this.#pending = []
    try {
      const bytes = this.join(events)
      if (!this.response.write(bytes)) this.#full = true
      this.on.sent(events.length, bytes.length)
    } catch (error) {
      this.on.error(error)
    }
  }

  end(): void {
    this.flush()
    this.response.end()
  }
}

/** `count` is told how many events went out, and their bytes together. */
type CountedForm = WatchForm & { count(events: number, bytes: number): void }

/** Resolves when the watch is over: by its timeout, its error, the server's stop or the client's leaving. */
export function sendWatch(exchange: Exchange, events: RegistryWatch, form: CountedForm): Promise<void> {
  const { response } = exchange
  const contentType = form.form.encoding === 'protobuf' ? protobufWatchType : 'application/json'
  writeHead(exchange, 200, { 'Content-Type': contentType })
  response.flushHeaders()
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      events.stop()
      reject(error)
    }
    const outlet = new Outlet(response, joinFor(form), {
      drain: () => events.resume(),
      error: fail,
      sent: form.count,
    })
    response.once('close', () => events.stop())
    const end = () => {
      outlet.end()
      resolve()
    }
    events.onEvents(batch => outlet.send(batch), end)
    exchange.begun?.()
  })
}
