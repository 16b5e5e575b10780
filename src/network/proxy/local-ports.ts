/** Node ports and the ports of load balancers on localhost, where the packet filter does not reach: forwarded by this process. */
import type { Clock, Random } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import { BackendPicker, type Target } from './backend-picker.js'
import type { RoutedPort } from './service-ports.js'
import type { ChangedRoutes, RouteCarrier } from './service-routes.js'
import { type Forwarder, forwardTcp } from './tcp-forwarder.js'
import { forwardUdp } from './udp-forwarder.js'

export interface LocalPortsDeps {
  clock: Clock
  random: Random
  log: Logger
  /** Where it listens, such as 127.0.0.1. */
  address: string
}

interface Listener {
  /** Whose port it is. */
  owner: string
  picker: BackendPicker
  forwarder: Promise<Forwarder | undefined>
}

interface Wanted extends Target {
  /** For the message when the port is taken. */
  what: string
}

/** Ports by `protocol/port`. */
function wantedBy(ports: readonly RoutedPort[]): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>()
  for (const { protocol, nodePort, port, balanced, cluster: backends, affinitySeconds } of ports) {
    if (protocol === 'sctp') continue
    const target = { backends, affinitySeconds }
    if (nodePort) wanted.set(`${protocol}/${nodePort}`, { ...target, what: 'node port' })
    if (balanced) wanted.set(`${protocol}/${port}`, { ...target, what: 'load balancer port' })
  }
  return wanted
}

/** Whoever wants a port first has it; the next one gets it when it is given up. */
class LocalPorts implements RouteCarrier {
  readonly #wanted = new Map<string, Map<string, Wanted>>()
  readonly #listeners = new Map<string, Listener>()

  constructor(private readonly deps: LocalPortsDeps) {}

  async apply(changed: ChangedRoutes): Promise<void> {
    const freed: string[] = []
    for (const [owner, routes] of changed) {
      const wanted = wantedBy(routes?.ports ?? [])
      for (const port of this.#wanted.get(owner)?.keys() ?? []) if (!wanted.has(port)) freed.push(port)
      if (wanted.size) this.#wanted.set(owner, wanted)
      else this.#wanted.delete(owner)
    }
    await Promise.all(freed.map(port => this.#leave(port)))
    for (const owner of changed.keys()) this.#serve(owner)
    for (const port of freed) this.#serveNext(port)
    await Promise.all([...this.#listeners.values()].map(({ forwarder }) => forwarder))
  }

  #serve(owner: string): void {
    for (const [port, wanted] of this.#wanted.get(owner) ?? []) {
      const listener = this.#listeners.get(port)
      if (!listener) this.#listen(owner, port, wanted)
      else if (listener.owner === owner) listener.picker.target = wanted
    }
  }

  #serveNext(port: string): void {
    if (this.#listeners.has(port)) return
    const [owner] = [...this.#wanted].find(([, wanted]) => wanted.has(port)) ?? []
    if (owner) this.#serve(owner)
  }

  #listen(owner: string, port: string, wanted: Wanted): void {
    const { address, clock, log } = this.deps
    const [protocol, number] = port.split('/')
    const at = { address, port: Number(number) }
    const picker = new BackendPicker(this.deps, wanted)
    const opening = protocol === 'tcp' ? forwardTcp(at, picker) : forwardUdp(at, picker, clock)
    const forwarder = opening.catch(error => {
      const text = `A ${wanted.what} is not to be had on ${address}: ${error.message}`
      log.warn({ service: owner, port }, text)
      this.#listeners.delete(port)
      return undefined
    })
    this.#listeners.set(port, { owner, picker, forwarder })
  }

  /** Unless somebody else has it. */
  async #leave(port: string): Promise<void> {
    const listener = this.#listeners.get(port)
    if (!listener || this.#wanted.get(listener.owner)?.has(port)) return
    this.#listeners.delete(port)
    await (await listener.forwarder)?.stop()
  }

  async stop(): Promise<void> {
    this.#wanted.clear()
    await Promise.all([...this.#listeners.keys()].map(port => this.#leave(port)))
  }
}

export const newLocalPorts = (deps: LocalPortsDeps): RouteCarrier => new LocalPorts(deps)
