/** Serves Gateways of its class and the HTTPRoutes that attach to them: through the same door as Ingresses. */
import { namespace as namespaceKind, secret as secretKind } from '../../apis/core-v1/index.js'
import type { Client } from '../../client/client.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import { type Clock, formatTime } from '../../machinery/clock.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import type { Logger } from '../../telemetry/logger.js'
import { GatheredSync } from '../gathered-sync.js'
import type { FrontDoor } from '../http-router/front-door.js'
import type { ServicePortRef } from '../http-router/http-rule.js'
import { SecretCertificates } from '../http-router/secret-certificates.js'
import { writeStatus } from '../http-router/write-status.js'
import { isSameStatus } from './conditions.js'
import { type AddressWorld, type GatewayAddresses, planAddresses } from './gateway-addresses.js'
import {
  controllerName,
  gatewayClassKind,
  gatewayKind,
  httpRouteKind,
  type ReferenceGrant,
  referenceGrantKind,
} from './gateway-kinds.js'
import { classStatus, type GatewayPlace, gatewayStatus, type PlannedGateway, routeStatus } from './gateway-status.js'
import { isServed, type ListenerWorld, type PlannedListener, planListeners } from './plan-listeners.js'
import { type PlannedRoute, planRoute } from './plan-routes.js'

/** What there is beyond what is needed. */
export interface GatewayDefinitions {
  /** ReferenceGrants have a definition of their own. */
  hasGrants: boolean
  /** The status of a class may list features. */
  listsFeatures: boolean
}

export interface GatewayControllerDeps {
  client: Client
  informers: InformerFactory
  clock: Clock
  log: Logger
  door: FrontDoor
  addresses: AddressWorld
  hasPort(port: ServicePortRef): boolean
  definitions: GatewayDefinitions
}

const textOf = (object: KubernetesObject) => `${object.metadata.namespace}/${object.metadata.name}`

/** How many routes are attached to each listener. */
function attachedTo(routes: Iterable<PlannedRoute | undefined>): ReadonlyMap<PlannedListener, number> {
  const counts = new Map<PlannedListener, number>()
  for (const route of routes)
    for (const listener of new Set(route?.parents.flatMap(({ listeners }) => listeners)))
      counts.set(listener, (counts.get(listener) ?? 0) + 1)
  return counts
}

class GatewayController {
  readonly #classes
  readonly #gateways
  readonly #routes
  readonly #grants
  readonly #secrets
  readonly #namespaces
  readonly #certificates: SecretCertificates
  readonly #leave: (() => void)[]
  readonly #sync: GatheredSync
  /** Services came or went: what back ends there are may be others. */
  readonly again: () => void

  constructor(private readonly deps: GatewayControllerDeps) {
    const { informers, definitions, clock } = deps
    this.#sync = new GatheredSync(clock, () => this.#serve())
    this.again = this.#sync.schedule
    this.#classes = informers.informer(gatewayClassKind)
    this.#gateways = informers.informer(gatewayKind)
    this.#routes = informers.informer(httpRouteKind)
    this.#grants = definitions.hasGrants ? informers.informer(referenceGrantKind) : undefined
    this.#secrets = informers.informer(secretKind)
    this.#namespaces = informers.informer(namespaceKind)
    this.#certificates = new SecretCertificates(key => this.#secrets.get(key))
    const look = this.again
    const handler = { add: look, update: look, delete: look }
    this.#leave = [
      this.#classes.addHandler(handler),
      this.#gateways.addHandler(handler),
      this.#routes.addHandler(handler),
      ...(this.#grants ? [this.#grants.addHandler(handler)] : []),
      this.#namespaces.addHandler(handler),
      this.#secrets.addHandler(handler),
    ]
    look()
  }

  async #serve(): Promise<void> {
    const informers = [this.#classes, this.#gateways, this.#routes, this.#grants, this.#secrets, this.#namespaces]
    await Promise.all(informers.map(informer => informer?.synced))
    const classes = this.#classes.list().filter(({ spec }) => spec.controllerName === controllerName)
    const names = new Set(classes.map(({ metadata }) => metadata.name))
    const grants = this.#grants?.list() ?? []
    const gateways = this.#gateways.list().filter(({ spec }) => names.has(spec.gatewayClassName))
    const addresses = planAddresses(gateways, this.deps.addresses)
    const listeners = new Map(
      gateways.map(own => [textOf(own), planListeners(own, this.#listenerWorld(addresses.get(own)!, grants))]),
    )
    const routes = this.#planRoutes(listeners, grants)
    const all = [...listeners.values()].flat()
    const portOf = await this.#openDoor(
      all,
      [...routes.values()].flatMap(route => route?.rules ?? []),
    )
    const now = formatTime(this.deps.clock.now())
    const { listsFeatures } = this.deps.definitions
    const place: GatewayPlace = { now, portOf }
    const attached = attachedTo(routes.values())
    const planned = gateways.map((gateway): PlannedGateway => {
      const own = listeners.get(textOf(gateway)) ?? []
      const counted = own.map(planned => ({ planned, attached: attached.get(planned) ?? 0 }))
      return { gateway, addresses: addresses.get(gateway)!, listeners: counted }
    })
    await Promise.all([
      ...classes.map(own => this.#write(gatewayClassKind, own, classStatus(own, { now, listsFeatures }))),
      ...planned.map(own => this.#write(gatewayKind, own.gateway, gatewayStatus(own, place))),
      ...this.#routes.list().map(own => {
        const status = routeStatus(own, routes.get(textOf(own)), now)
        return status && this.#write(httpRouteKind, own, status)
      }),
    ])
  }

  #listenerWorld({ addresses }: GatewayAddresses, grants: readonly ReferenceGrant[]): ListenerWorld {
    const { shared } = this.deps.addresses
    return {
      addresses: addresses.map(address => (address === shared ? '' : address)),
      grants,
      certificateOf: key => this.#certificates.of(key),
    }
  }

  #planRoutes(listeners: ReadonlyMap<string, readonly PlannedListener[]>, grants: readonly ReferenceGrant[]) {
    const world = {
      grants,
      listenersOf: ({ namespace, name }: { namespace: string; name: string }) => listeners.get(`${namespace}/${name}`),
      labelsOf: (name: string) => this.#namespaces.get({ name })?.metadata.labels,
      hasPort: this.deps.hasPort,
    }
    return new Map(this.#routes.list().map(route => [textOf(route), planRoute(route, world)]))
  }

  #openDoor(all: readonly PlannedListener[], rules: PlannedRoute['rules']) {
    const served = all.filter(isServed)
    return this.deps.door.set('gateway', {
      rules,
      places: served.flatMap(({ listener: { hostname }, places, isTls, certificate }) => {
        const hosts = hostname ? [hostname.replace(/^\*/, '**')] : []
        const certificates = certificate ? [this.#certificates.forHosts(certificate, hosts)] : []
        return places.map(place => ({ ...place, isTls, certificates, host: hostname?.toLowerCase() ?? '' }))
      }),
      again: this.again,
    })
  }

  async #write<T extends KubernetesObject & { status?: object }>(
    kind: KindRef<T>,
    own: T,
    status: object,
  ): Promise<void> {
    const now = own.status ?? {}
    if (isSameStatus({ ...now, ...status }, now)) return
    await writeStatus(this.deps, { kind, own }, status)
  }

  async stop(): Promise<void> {
    for (const leave of this.#leave) leave()
    await this.#sync.stop()
    await this.deps.door.set('gateway', { rules: [], places: [], again() {} })
  }
}

export interface RunningGateways {
  again(): void
  /** Closes the ports that only Gateways wanted. */
  stop(): Promise<void>
}

export const startGatewayController = (deps: GatewayControllerDeps): RunningGateways => new GatewayController(deps)
