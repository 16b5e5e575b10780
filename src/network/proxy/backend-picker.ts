/** Which backend a client of the userspace forwarders gets: any, or the one it had where the service wants that. */
import type { Clock, Random } from '../../machinery/clock.js'
import type { Backend } from './backends.js'

export interface Target {
  backends: readonly Backend[]
  /** 0: clients do not stay. */
  affinitySeconds: number
}

interface Stay {
  backend: Backend
  /** On the monotonic clock, milliseconds. */
  until: number
}

/** Clients that are remembered at most; beyond, the oldest is forgotten. */
const maxStays = 10_000
const isAmong = (backends: readonly Backend[], { ip, port }: Backend) =>
  backends.some(backend => backend.ip === ip && backend.port === port)

export class BackendPicker {
  readonly #stays = new Map<string, Stay>()

  constructor(
    private readonly deps: { clock: Clock; random: Random },
    public target: Target,
  ) {}

  /** All backends in the order in which they are to be tried. */
  order(client: string): Backend[] {
    const { backends, affinitySeconds } = this.target
    const rest = [...backends]
    const order: Backend[] = []
    const stay = affinitySeconds ? this.#stays.get(client) : undefined
    if (stay && stay.until > this.deps.clock.monotonic() && isAmong(backends, stay.backend)) order.push(stay.backend)
    while (rest.length) {
      const [next] = rest.splice(Math.floor(this.deps.random.next() * rest.length), 1)
      if (next && !isAmong(order, next)) order.push(next)
    }
    return order
  }

  /** The client was served by this one. */
  remember(client: string, backend: Backend): void {
    const { affinitySeconds } = this.target
    if (!affinitySeconds) return
    this.#stays.delete(client)
    const [oldest] = this.#stays.keys()
    if (this.#stays.size >= maxStays && oldest !== undefined) this.#stays.delete(oldest)
    this.#stays.set(client, { backend, until: this.deps.clock.monotonic() + affinitySeconds * 1000 })
  }
}
