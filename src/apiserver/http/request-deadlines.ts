/** Ends requests that take longer than they are allotted; watches and streams are not among them. */
import type { Clock, Timer } from '../../machinery/clock.js'
import { parseDuration } from '../../machinery/duration.js'
import { badRequest, StatusError } from '../../machinery/status-error.js'

/** Milliseconds; upstream's --request-timeout. */
export const requestTimeout = 60_000

/** Upstream's 504 for a request whose time is over. */
export const requestTimedOut = () =>
  new StatusError(504, 'Timeout', 'Timeout: request did not complete within the allotted timeout', {})

/** Milliseconds that the client allots; undefined when it does not say, or says more than the server allots anyway. Throws 400. */
export function timeoutOf(query: URLSearchParams | undefined): number | undefined {
  const text = query?.get('timeout')
  if (!text) return undefined
  let timeout: number
  try {
    timeout = parseDuration(text)
  } catch (error) {
    throw badRequest(`invalid timeout specified in the request URL - ${(error as Error).message}`)
  }
  return timeout > 0 && timeout < requestTimeout ? timeout : undefined
}

export interface Deadline {
  cancel(): void
}

interface Pending {
  due: number
  expire(): void
}

/** Most requests have the same time: these share one timer, which looks at the oldest. */
export class RequestDeadlines {
  /** In the order in which they are due. */
  readonly #pending = new Set<Pending>()
  #timer: Timer | undefined

  constructor(private readonly clock: Clock) {}

  /** `expire` is called once the time is over, unless cancelled. `timeout` in milliseconds, if it is not the usual one. */
  begin(expire: () => void, timeout?: number): Deadline {
    if (timeout !== undefined) return this.clock.after(timeout, expire)
    const pending: Pending = { due: this.clock.monotonic() + requestTimeout, expire }
    this.#pending.add(pending)
    this.#timer ??= this.clock.after(requestTimeout, () => this.#look())
    return { cancel: () => this.#pending.delete(pending) }
  }

  #look(): void {
    this.#timer = undefined
    const now = this.clock.monotonic()
    for (const pending of this.#pending) {
      if (pending.due > now) {
        this.#timer = this.clock.after(pending.due - now, () => this.#look())
        return
      }
      this.#pending.delete(pending)
      pending.expire()
    }
  }
}
