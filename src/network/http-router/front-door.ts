/** Where HTTP comes in: the ports that Ingresses and Gateways want are listened on while somebody wants them, and no longer. */
import type { Clock, Random, Timer } from '../../machinery/clock.js'
import type { KeyPair } from '../../machinery/pki/certificates.js'
import type { Logger } from '../../telemetry/logger.js'
import { Certificates } from './certificates.js'
import type { Incoming } from './exchange.js'
import { HttpForwarder } from './http-forwarder.js'
import type { HttpHandler } from './http-handler.js'
import { type HttpListener, openListener } from './http-listener.js'
import { newHttpRouter } from './http-router.js'
import type { HttpPlace, HttpRule, ServicePortRef } from './http-rule.js'
import type { HttpEndpoints } from './service-endpoints.js'
import { gatherPlaces, listenersOf, type WantedPlace } from './wanted-places.js'

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
  places: readonly WantedPlace[]
  /** A port that was not to be had may be by now: the owner is to say again what it wants. */
  again(): void
}

/** The port that is really listened on for a place; undefined where there is none. */
export type PortOf = (place: HttpPlace) => number | undefined

interface OpenPlace {
  isTls: boolean
  certificates: Certificates
  /** Undefined: the port is not to be had. */
  listener: Promise<HttpListener | undefined>
}

const retryMs = 5000
const everywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::'])
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error)

export class FrontDoor {
  readonly #parts = new Map<string, FrontDoorPart>()
  readonly #open = new Map<string, OpenPlace>()
  readonly #forwarder: HttpForwarder
  readonly #warned = new Set<string>()
  /** Whether it listens on all addresses of the machine: then places of one port share a listener. */
  readonly #isEverywhere: boolean
  /** Addresses that places name. */
  #named: ReadonlySet<string> = new Set()
  #router = newHttpRouter([])
  #settling: Promise<void> = Promise.resolve()
  #retry: Timer | undefined
  #stopped = false

  constructor(
    private readonly deps: FrontDoorDeps,
    private readonly options: FrontDoorOptions,
  ) {
    this.#isEverywhere = options.addresses.some(address => everywhere.has(address))
    this.#forwarder = new HttpForwarder({ ...deps, router: () => this.#router })
  }

  /** Resolves when it is tried to listen: with where that is. */
  async set(owner: string, part: FrontDoorPart): Promise<PortOf> {
    this.#parts.set(owner, part)
    const parts = [...this.#parts.values()]
    const rules = parts.flatMap(own => own.rules)
    this.#router = newHttpRouter(rules, listenersOf(parts.flatMap(({ places }) => places)))
    await this.#settle()
    const actual = new Map<string, number>()
    for (const place of part.places) {
      const open = this.#open.get(this.#keyOf(place))
      const listener = open?.isTls === place.isTls ? await open.listener : undefined
      if (listener) actual.set(this.#keyOf(place), listener.port)
    }
    return place => actual.get(this.#keyOf(place))
  }

  /** Places of one key share a listener. */
  #keyOf = ({ address = '', port }: HttpPlace): string => `${this.#isEverywhere ? '' : address} ${port}`

  /** One after the other: what is wanted may change while ports are closed. */
  #settle(): Promise<void> {
    this.#settling = this.#settling.then(() => this.#openAndClose())
    return this.#settling
  }

  async #openAndClose(): Promise<void> {
    const places = [...this.#parts.values()].flatMap(part => part.places)
    const wanted = gatherPlaces(places, this.#keyOf)
    this.#named = new Set(places.flatMap(({ address }) => address ?? []))
    const closing = [...this.#open].filter(([key, { isTls }]) => wanted.get(key)?.isTls !== isTls)
    for (const [key] of closing) this.#open.delete(key)
    await Promise.all(closing.map(async ([, { listener }]) => (await listener)?.stop()))
    if (this.#stopped) return
    for (const [key, place] of wanted) this.#openOrRenew(key, place)
  }

  #openOrRenew(key: string, place: WantedPlace): void {
    const open = this.#open.get(key)
    const certificates = open?.certificates ?? new Certificates(this.deps.defaultCertificate)
    certificates.set(place.certificates ?? [])
    if (open) void open.listener.then(found => found?.renew())
    else this.#open.set(key, { isTls: place.isTls, certificates, listener: this.#listen(place, certificates) })
  }

  /** What rules are declared for; one listener may serve several addresses. */
  #placeAt({ address, port }: HttpPlace, local = ''): HttpPlace {
    if (!this.#isEverywhere) return { port, ...(address && { address }) }
    const own = local.replace(/^::ffff:(?=\d+\.)/, '')
    return { port, ...(this.#named.has(own) && { address: own }) }
  }

  async #listen(place: WantedPlace, certificates: Certificates): Promise<HttpListener | undefined> {
    const { address, port, isTls } = place
    const ports = this.options.candidates.get(port) ?? [port]
    const placeOf = ({ socket }: Incoming) => this.#placeAt(place, socket?.localAddress)
    const handler: HttpHandler = {
      serve: (request, response) => void this.#forwarder.serve(request, response, placeOf(request)),
      upgrade: (request, socket, head) =>
        void this.#forwarder.serveUpgrade(request, socket, { head, place: placeOf(request) }),
    }
    const addresses = address && !this.#isEverywhere ? [address] : this.options.addresses
    try {
      const listener = await openListener(handler, { addresses, ports, ...(isTls && { tls: certificates }) })
      this.#tell(place, ports, listener.port)
      return listener
    } catch (error) {
      this.#miss(place, ports, error)
      return undefined
    }
  }

  #tell(place: HttpPlace, ports: readonly number[], actual: number): void {
    const { log } = this.deps
    const { address, port } = place
    const isElsewhere = ports[0] !== 0 && actual !== ports[0]
    if (isElsewhere)
      log.warn(
        { address, port: ports[0], instead: actual },
        'Another port serves HTTP, for the one that is wanted is not to be had',
      )
    else log.info({ address, port, listens: actual }, 'A port for HTTP is open')
    this.#warned.delete(this.#keyOf(place))
  }

  /** Somebody else's, for now. */
  #miss(place: HttpPlace, ports: readonly number[], error: unknown): void {
    const key = this.#keyOf(place)
    if (!this.#warned.has(key)) {
      this.#warned.add(key)
      this.deps.log.warn(
        { address: place.address, port: ports[0], error: codeOf(error) },
        'A port for HTTP is not to be had; it is tried again',
      )
    }
    this.#retry ??= this.deps.clock.after(retryMs, () => void this.#tryAgain())
  }

  async #tryAgain(): Promise<void> {
    this.#retry = undefined
    for (const [key, { listener }] of [...this.#open]) if (!(await listener)) this.#open.delete(key)
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
