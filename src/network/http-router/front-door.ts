/** Where HTTP comes in: the ports that Ingresses and Gateways want are listened on while somebody wants them, and no longer. */
import type { Clock, Random, Timer } from '../../machinery/clock.js'
import type { KeyPair } from '../../machinery/pki/certificates.js'
import type { Logger } from '../../telemetry/logger.js'
import { Certificates, type HostCertificate } from './certificates.js'
import { HttpForwarder } from './http-forwarder.js'
import type { HttpHandler } from './http-handler.js'
import { type HttpListener, openListener } from './http-listener.js'
import { newHttpRouter } from './http-router.js'
import type { HttpRule, ServicePortRef } from './http-rule.js'
import type { HttpEndpoints } from './service-endpoints.js'

export interface FrontDoorDeps {
  clock: Clock
  random: Random
  log: Logger
  endpointsOf(to: ServicePortRef): HttpEndpoints | undefined
  /** Whom clients meet where no certificate is for their host. */
  defaultCertificate(): KeyPair
}

export interface FrontDoorOptions {
  /** The first must be had, the others may. */
  addresses: readonly string[]
  /** Ports to try in place of the one that is wanted; 0: any. The one alone where nothing is said. */
  candidates: ReadonlyMap<number, readonly number[]>
}

/** What an owner wants. */
export interface FrontDoorPart {
  rules: readonly HttpRule[]
  /** Whether TLS is spoken there, by port. */
  ports: ReadonlyMap<number, { isTls: boolean }>
  certificates: readonly HostCertificate[]
  /** A port that was not to be had may be by now: the owner is to say again what it wants. */
  again(): void
}

interface OpenPort {
  isTls: boolean
  /** Undefined: the port is not to be had. */
  listener: Promise<HttpListener | undefined>
}

const retryMs = 5000
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error)

export class FrontDoor {
  readonly #parts = new Map<string, FrontDoorPart>()
  readonly #open = new Map<number, OpenPort>()
  readonly #certificates: Certificates
  readonly #forwarder: HttpForwarder
  readonly #warned = new Set<number>()
  #router = newHttpRouter([])
  #settling: Promise<void> = Promise.resolve()
  #retry: Timer | undefined
  #stopped = false

  constructor(
    private readonly deps: FrontDoorDeps,
    private readonly options: FrontDoorOptions,
  ) {
    this.#certificates = new Certificates(deps.defaultCertificate)
    this.#forwarder = new HttpForwarder({ ...deps, router: () => this.#router })
  }

  /** Resolves when it is tried to listen: with where that is, by the port that was wanted. */
  async set(owner: string, part: FrontDoorPart): Promise<ReadonlyMap<number, number>> {
    this.#parts.set(owner, part)
    const parts = [...this.#parts.values()]
    this.#router = newHttpRouter(parts.flatMap(({ rules }) => rules))
    this.#certificates.set(parts.flatMap(({ certificates }) => certificates))
    for (const { listener } of this.#open.values()) void listener.then(found => found?.renew())
    await this.#settle()
    const actual = new Map<number, number>()
    for (const port of part.ports.keys()) {
      const listener = await this.#open.get(port)?.listener
      if (listener) actual.set(port, listener.port)
    }
    return actual
  }

  /** One after the other: what is wanted may change while ports are closed. */
  #settle(): Promise<void> {
    this.#settling = this.#settling.then(() => this.#openAndClose())
    return this.#settling
  }

  async #openAndClose(): Promise<void> {
    const wanted = new Map([...this.#parts.values()].reverse().flatMap(({ ports }) => [...ports]))
    const closing = [...this.#open].filter(([port, { isTls }]) => wanted.get(port)?.isTls !== isTls)
    for (const [port] of closing) this.#open.delete(port)
    await Promise.all(closing.map(async ([, { listener }]) => (await listener)?.stop()))
    if (this.#stopped) return
    for (const [port, { isTls }] of wanted)
      if (!this.#open.has(port)) this.#open.set(port, { isTls, listener: this.#listen(port, isTls) })
  }

  async #listen(port: number, isTls: boolean): Promise<HttpListener | undefined> {
    const ports = this.options.candidates.get(port) ?? [port]
    const handler: HttpHandler = {
      serve: (request, response) => void this.#forwarder.serve(request, response, port),
      upgrade: (request, socket, head) => void this.#forwarder.serveUpgrade(request, socket, { head, port }),
    }
    const { addresses } = this.options
    try {
      const tls = isTls && { tls: this.#certificates }
      const listener = await openListener(handler, { addresses, ports, ...tls })
      this.#tell(port, ports, listener.port)
      return listener
    } catch (error) {
      this.#miss(port, ports, error)
      return undefined
    }
  }

  #tell(port: number, ports: readonly number[], actual: number): void {
    const { log } = this.deps
    const isElsewhere = ports[0] !== 0 && actual !== ports[0]
    if (isElsewhere)
      log.warn({ port: ports[0], instead: actual }, 'Another port serves Ingresses, for theirs is not to be had')
    else log.info({ port, listens: actual }, 'A port for Ingresses is open')
    this.#warned.delete(port)
  }

  /** Somebody else's, for now. */
  #miss(port: number, ports: readonly number[], error: unknown): void {
    if (!this.#warned.has(port)) {
      this.#warned.add(port)
      this.deps.log.warn(
        { port: ports[0], error: codeOf(error) },
        'A port for Ingresses is not to be had; it is tried again',
      )
    }
    this.#retry ??= this.deps.clock.after(retryMs, () => void this.#tryAgain())
  }

  async #tryAgain(): Promise<void> {
    this.#retry = undefined
    for (const [port, { listener }] of [...this.#open]) if (!(await listener)) this.#open.delete(port)
    for (const { again } of this.#parts.values()) again()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#retry?.cancel()
    this.#parts.clear()
    await this.#settle()
    this.#forwarder.stop()
  }
}
