/** Where several servers share a store: says that this one is there, and where the service `kubernetes` leads to. */
import type { Clock, Timer } from '../machinery/clock.js'
import type { ServerRecord, ServerRecords } from '../registry/server-records.js'
import type { Logger } from '../telemetry/logger.js'

/** Upstream's figure, in milliseconds. */
const interval = 10_000

/** Of the service's endpoints. */
export interface ServingAddresses {
  addresses: readonly string[]
  port: number
}

/**
 * One list of addresses has one port: that of most servers, the lowest of several. Worked example: a:6443, b:6443 and a:6444 give
 * a and b on 6443. A stock server does not say its port; then it is taken to be `own`.
 */
export function planAddresses(servers: readonly ServerRecord[], own: number): ServingAddresses | undefined {
  const byPort = new Map<number, Set<string>>()
  for (const { address, port = own } of servers) byPort.set(port, (byPort.get(port) ?? new Set()).add(address))
  const [best] = [...byPort].sort(([a, some], [b, others]) => others.size - some.size || a - b)
  return best && { port: best[0], addresses: [...best[1]].sort() }
}

export interface PresenceOptions {
  records: ServerRecords
  clock: Clock
  log: Logger
  /** Ends it: then the record is taken away. */
  signal: AbortSignal
  /** Undefined while nobody but this machine can reach it. */
  own(): ServerRecord | undefined
  /** The addresses have changed. */
  onChange(): Promise<void>
}

export class ServerPresence {
  readonly #options: PresenceOptions
  #addresses: ServingAddresses | undefined
  #timer: Timer | undefined

  constructor(options: PresenceOptions) {
    this.#options = options
    options.signal.addEventListener('abort', () => this.#end(), { once: true })
  }

  /** Undefined where no server can be reached by others. */
  get addresses(): ServingAddresses | undefined {
    return this.#addresses
  }

  /** Resolves with whether the addresses have changed. A store that does not answer changes nothing. */
  async look(ownPort: number): Promise<boolean> {
    const { records, log } = this.#options
    const own = this.#options.own()
    try {
      if (own) await records.renew(own)
      const found = planAddresses(await records.all(), ownPort)
      const changed = JSON.stringify(found) !== JSON.stringify(this.#addresses)
      this.#addresses = found
      return changed
    } catch (error) {
      log.warn({ error: String(error) }, 'Cannot renew the record of this server')
      return false
    }
  }

  /** Goes on until the signal aborts. */
  keepLooking(ownPort: number): void {
    const { clock, signal, onChange, log } = this.#options
    const again = () => {
      if (signal.aborted) return
      this.#timer = clock.after(interval, () => {
        const round = async () => {
          if (await this.look(ownPort)) await onChange()
        }
        round()
          .catch(error => log.warn({ error: String(error) }, 'Cannot write where the servers are'))
          .finally(again)
      })
    }
    again()
  }

  #end(): void {
    this.#timer?.cancel()
    const own = this.#options.own()
    // It goes by itself if this comes too late.
    if (own) this.#options.records.remove(own).catch(() => {})
  }
}
