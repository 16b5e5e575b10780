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
import {
  controllerName,
  type Gateway,
  gatewayClassKind,
  gatewayKind,
  httpRouteKind,
  type ReferenceGrant,
  referenceGrantKind,
} from './gateway-kinds.js'
import { classStatus, type GatewayPlace, gatewayStatus, routeStatus } from './gateway-status.js'
import { isServed, type PlannedListener, planListeners } from './plan-listeners.js'
import { type PlannedRoute, planRoute } from './plan-routes.js'

export interface GatewayControllerDeps {
  client: Client
  informers: InformerFactory
  clock: Clock
  log: Logger
  door: FrontDoor
  /** Where the door is. */
  address: string
  hasPort(port: ServicePortRef): boolean
  /** Whether there are ReferenceGrants: they have a definition of their own. */
  hasGrants: boolean
}

const textOf = (object: KubernetesObject) => `${object.metadata.namespace}/${object.metadata.name}`

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
    const { informers, hasGrants, clock } = deps
    this.#sync = new GatheredSync(clock, () => this.#serve())
    this.again = this.#sync.schedule
    this.#classes = informers.informer(gatewayClassKind)
    this.#gateways = informers.informer(gatewayKind)
    this.#routes = informers.informer(httpRouteKind)
    this.#grants = hasGrants ? informers.informer(referenceGrantKind) : undefined
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
    const world = { grants, certificateOf: (key: { namespace: string; name: string }) => this.#certificates.of(key) }
    const listeners = new Map(gateways.map(gateway => [textOf(gateway), planListeners(gateway, world)]))
    const routes = this.#planRoutes(listeners, grants)
    const all = [...listeners.values()].flat()
    const actual = await this.#openDoor(
      all,
      [...routes.values()].flatMap(route => route?.rules ?? []),
    )
    const now = formatTime(this.deps.clock.now())
    const place: GatewayPlace = { now, address: this.deps.address, isOpen: port => actual.has(port) }
    await Promise.all([
      ...classes.map(own => this.#write(gatewayClassKind, own, classStatus(own, now))),
      ...gateways.map(own => this.#writeGateway(own, { listeners: listeners.get(textOf(own)) ?? [], routes, place })),
      ...this.#routes.list().map(own => {
        const status = routeStatus(own, routes.get(textOf(own)), now)
        return status && this.#write(httpRouteKind, own, status)
      }),
    ])
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
      ports: new Map(served.map(({ listener, isTls }) => [listener.port, { isTls }])),
      certificates: served.flatMap(({ listener, certificate }) =>
        certificate ? [this.#certificates.forHosts(certificate, listener.hostname ? [listener.hostname] : [])] : [],
      ),
      again: this.again,
    })
  }

  #writeGateway(
    own: Gateway,
    found: {
      listeners: readonly PlannedListener[]
      routes: ReadonlyMap<string, PlannedRoute | undefined>
      place: GatewayPlace
    },
  ): Promise<void> {
    const parents = [...found.routes.values()].flatMap(route => [
      new Set(route?.parents.flatMap(({ listeners }) => listeners)),
    ])
    const counted = found.listeners.map(planned => ({
      planned,
      attached: parents.filter(listeners => listeners.has(planned)).length,
    }))
    return this.#write(gatewayKind, own, gatewayStatus(own, counted, found.place))
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
    await this.deps.door.set('gateway', { rules: [], ports: new Map(), certificates: [], again() {} })
  }
}

export interface RunningGateways {
  again(): void
  /** Closes the ports that only Gateways wanted. */
  stop(): Promise<void>
}

export const startGatewayController = (deps: GatewayControllerDeps): RunningGateways => new GatewayController(deps)
