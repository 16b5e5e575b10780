/** Sends a watch: all that is due in one tick as one write. */
import type { RegistryEvent, RegistryWatch } from '../../registry/rest.js'
import type { Exchange } from './exchange.js'
import { forgetJoined, joinFor, type WatchForm } from './watch-frames.js'
import { openWatchSink, type WatchSink } from './watch-sink.js'

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
  isFull = false

  constructor(
    readonly sink: WatchSink,
    readonly on: { error(error: unknown): void; sent(events: number, bytes: number): void },
  ) {}

  /** False when the client is behind. */
  send(events: readonly RegistryEvent[]): boolean {
    if (!this.#pending.length && due.push(this) === 1) setImmediate(flushDue)
    for (const event of events) this.#pending.push(event)
    return !this.isFull
  }

  flush(): void {
    const events = this.#pending
    if (!events.length || this.sink.isGone) return
    this.#pending = []
    try {
      this.on.sent(events.length, this.sink.write(events))
    } catch (error) {
      this.on.error(error)
    }
  }

  end(): void {
    this.flush()
    this.sink.end()
  }
}

/** An object is no list: upstream takes such a wish, and ends the watch when there is something to say. */
const mayBeShown = (batch: readonly RegistryEvent[], { form }: WatchForm) =>
  form.convert?.kind !== 'PartialObjectMetadataList' || batch.every(({ type }) => type === 'ERROR')

/** `count` is told how many events went out, and their bytes together. */
type CountedForm = WatchForm & { count(events: number, bytes: number): void }

/** Resolves when the watch is over: by its timeout, its error, the server's stop or the client's leaving. */
export async function sendWatch(exchange: Exchange, events: RegistryWatch, form: CountedForm): Promise<void> {
  const { response } = exchange
  response.once('close', () => events.stop())
  let outlet: Outlet | undefined
  const sink = await openWatchSink(
    exchange,
    { join: joinFor(form), form: form.form },
    {
      onFull() {
        if (outlet) outlet.isFull = true
      },
      onDrain() {
        if (outlet) outlet.isFull = false
        events.resume()
      },
    },
  )
  if (!sink) return events.stop()
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      events.stop()
      reject(error)
    }
    const begun = new Outlet(sink, { error: fail, sent: form.count })
    outlet = begun
    const end = () => {
      begun.end()
      resolve()
    }
    const send = (batch: readonly RegistryEvent[]) => {
      if (mayBeShown(batch, form)) return begun.send(batch)
      events.stop()
      end()
      return true
    }
    events.onEvents(send, end)
    exchange.begun?.()
  })
}
