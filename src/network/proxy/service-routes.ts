/** Follows Services, EndpointSlices and Nodes, and tells who carries traffic what to route: per service, only what changed, gathered for a moment. */
import { node as nodeKind } from '../../apis/core-v1/index.js'
import { service as serviceKind } from '../../apis/core-v1/service.js'
import { endpointSlice } from '../../apis/discovery-v1/index.js'
import type { Node, Service } from '../../apis/generated/core-v1.js'
import type { EndpointSlice } from '../../apis/generated/discovery-v1.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import type { Clock } from '../../machinery/clock.js'
import type { IpFamily } from '../../machinery/ip-family.js'
import { GatheredSync } from '../gathered-sync.js'
import { serviceOfSlice, slicesByService } from '../service-slices.js'
import { planService, type RoutingPlace, type ServiceRoutes } from './service-ports.js'

/** By `namespace/name` of the service; undefined: nothing is routed any more. */
export type ChangedRoutes = ReadonlyMap<string, ServiceRoutes | undefined>

/** Carries traffic, or does something else when routes change. */
export interface RouteCarrier {
  /** Resolves when it is done; never rejects. Called again only then. */
  apply(changed: ChangedRoutes): Promise<void>
  stop(): Promise<void>
}

export interface RoutesDeps {
  informers: InformerFactory
  clock: Clock
}

export interface RoutesOptions {
  /** Of all addresses: where there are two, services are followed twice. */
  family: IpFamily
  /** Names of the nodes of this process. */
  nodes: readonly string[]
  carriers: readonly RouteCarrier[]
}

/** Upstream's proxy looks away from services and slices with these labels: others carry their traffic, or nobody. */
const otherwiseCarried = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'] as const
const isCarried = ({ metadata: { labels = {} } }: Service | EndpointSlice) =>
  otherwiseCarried.every(name => labels[name] === undefined)
const zoneLabel = 'topology.kubernetes.io/zone'

class RouteFollower {
  readonly #services
  readonly #slices
  readonly #nodes
  readonly #slicesOf
  readonly #changed = new Set<string>()
  readonly #zones: Map<string, string>
  readonly #sync: GatheredSync

  constructor(
    deps: RoutesDeps,
    private readonly options: RoutesOptions,
  ) {
    const { informers, clock } = deps
    this.#sync = new GatheredSync(clock, () => this.#tell())
    this.#zones = new Map(options.nodes.map(name => [name, '']))
    this.#services = informers.informer(serviceKind)
    this.#slices = informers.informer(endpointSlice)
    this.#nodes = informers.informer(nodeKind)
    this.#slicesOf = slicesByService(informers)
    const ofService = ({ metadata: { namespace, name } }: Service) => this.#touch(`${namespace}/${name}`)
    this.#services.addHandler({ add: ofService, update: ofService, delete: ofService })
    const ofSlice = (slice: EndpointSlice) => this.#touch(`${slice.metadata.namespace}/${serviceOfSlice(slice)}`)
    this.#slices.addHandler({
      add: ofSlice,
      delete: ofSlice,
      update: (slice, old) => {
        ofSlice(slice)
        if (serviceOfSlice(old) !== serviceOfSlice(slice)) ofSlice(old)
      },
    })
    const ofNode = (node: Node) => this.#moveNode(node)
    this.#nodes.addHandler({ add: ofNode, update: ofNode })
    this.#sync.schedule()
  }

  #moveNode({ metadata: { name = '', labels } }: Node): void {
    const zone = labels?.[zoneLabel] ?? ''
    if ((this.#zones.get(name) ?? zone) === zone) return
    this.#zones.set(name, zone)
    for (const { metadata } of this.#services.list()) this.#touch(`${metadata.namespace}/${metadata.name}`)
  }

  #touch(key: string): void {
    this.#changed.add(key)
    this.#sync.schedule()
  }

  async #tell(): Promise<void> {
    if (!this.#services.hasSynced || !this.#slices.hasSynced || !this.#nodes.hasSynced) return this.#sync.schedule()
    const place: RoutingPlace = { nodes: this.#zones, family: this.options.family }
    const changed = new Map<string, ServiceRoutes | undefined>()
    for (const key of this.#changed) {
      const [namespace = '', name = ''] = key.split('/')
      const service = this.#services.get({ namespace, name })
      const slices = this.#slicesOf(namespace, name).filter(isCarried)
      changed.set(key, service && isCarried(service) ? planService(service, slices, place) : undefined)
    }
    this.#changed.clear()
    await Promise.all(this.options.carriers.map(carrier => carrier.apply(changed)))
  }

  async stop(): Promise<void> {
    await this.#sync.stop()
    await Promise.all(this.options.carriers.map(carrier => carrier.stop()))
  }
}

export interface RunningRoutes {
  /** Stops following, then the carriers. */
  stop(): Promise<void>
}

/** The carriers hear once of an empty change at the start, when all is known. */
export const startRoutes = (deps: RoutesDeps, options: RoutesOptions): RunningRoutes => new RouteFollower(deps, options)
