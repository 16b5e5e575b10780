/** Keeps the condition `Available` of all APIServices as it is, while they and the services behind them change. */
import type { APIService } from '../apis/generated/apiregistration-v1.js'
import type { Service } from '../apis/generated/core-v1.js'
import type { EndpointSlice } from '../apis/generated/discovery-v1.js'
import { type Clock, formatTime } from '../machinery/clock.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { isReason } from '../machinery/status-error.js'
import type { Logger } from '../telemetry/logger.js'
import { type Availability, localAvailability, planAvailability, withAvailability } from './api-service-availability.js'
import { loopback } from './authn/user.js'
import type { RestDirectory } from './deps.js'
import { type ApplyObject, followResource } from './resource-mirror.js'

const scope = { user: loopback, dryRun: false, subresource: 'status' }

/** No extension server is asked: requests are not passed on to any. */
const notProxied: Availability = {
  status: 'False',
  reason: 'FailedDiscoveryCheck',
  message: 'this server does not pass requests on to extension API servers',
}

export interface ApiServiceFollowerDeps {
  rests: RestDirectory
  clock: Clock
  log: Logger
  signal: AbortSignal
}

const serviceNameLabel = 'kubernetes.io/service-name'
const keyOf = (namespace: string | undefined, name: string | undefined) => `${namespace}/${name}`

/** Services and endpoint slices are followed only while there was an APIService to look behind. */
export class ApiServiceFollower {
  readonly #deps: ApiServiceFollowerDeps
  readonly #remote = new Map<string, APIService>()
  readonly #services = new Map<string, Service>()
  readonly #slices = new Map<string, EndpointSlice>()
  #backends: Promise<unknown> | undefined

  constructor(deps: ApiServiceFollowerDeps) {
    this.#deps = deps
  }

  /** Resolves when all that is stored is known. */
  begin(): Promise<void> {
    return this.#follow('apiregistration.k8s.io', 'apiservices', (object, removed) => {
      const apiService = object as unknown as APIService
      const name = apiService.metadata.name ?? ''
      this.#remote.delete(name)
      if (removed) return
      if (!apiService.spec.service) {
        void this.#report(apiService, localAvailability)
        return
      }
      this.#remote.set(name, apiService)
      this.#backends ??= this.#followBackends()
      void this.#backends.then(() => this.#check(apiService))
    })
  }

  async #follow(group: string, resource: string, apply: ApplyObject): Promise<void> {
    const { rests, signal, log } = this.#deps
    const rest = rests.find(group, 'v1', resource)
    const onRestart = () => log.info({ resource }, 'Watch behind APIServices ended, beginning anew')
    if (rest) await followResource(rest, { apply, signal, onRestart })
  }

  #followBackends(): Promise<unknown> {
    const services = this.#follow('', 'services', (object, removed) => {
      const { namespace, name } = object.metadata
      if (removed) this.#services.delete(keyOf(namespace, name))
      else this.#services.set(keyOf(namespace, name), object as unknown as Service)
      this.#checkBehind(namespace, name)
    })
    const slices = this.#follow('discovery.k8s.io', 'endpointslices', (object, removed) => {
      const { namespace, name, labels } = object.metadata
      if (removed) this.#slices.delete(keyOf(namespace, name))
      else this.#slices.set(keyOf(namespace, name), object as unknown as EndpointSlice)
      this.#checkBehind(namespace, labels?.[serviceNameLabel])
    })
    return Promise.all([services, slices])
  }

  #checkBehind(namespace: string | undefined, name: string | undefined): void {
    for (const apiService of this.#remote.values()) {
      const { service } = apiService.spec
      if (service?.namespace === namespace && service?.name === name)
        void this.#backends?.then(() => this.#check(apiService))
    }
  }

  #check(apiService: APIService): Promise<void> {
    const { name, namespace } = apiService.spec.service ?? {}
    const service = this.#services.get(keyOf(namespace, name))
    const slices = [...this.#slices.values()].filter(
      ({ metadata }) => metadata.namespace === namespace && metadata.labels?.[serviceNameLabel] === name,
    )
    return this.#report(apiService, planAvailability(apiService, { service, slices }) ?? notProxied)
  }

  async #report({ metadata, status }: APIService, wanted: Availability): Promise<void> {
    const { rests, clock, log } = this.#deps
    const time = formatTime(clock.now())
    const before = status?.conditions ?? []
    if (withAvailability(before, wanted, time) === before) return
    const rest = rests.find('apiregistration.k8s.io', 'v1', 'apiservices')
    const change = (current: AnyObject | undefined): AnyObject => {
      const { conditions = [] } = (current?.status ?? {}) as NonNullable<APIService['status']>
      return { ...current!, status: { conditions: withAvailability(conditions, wanted, time) } }
    }
    const { name = '', uid } = metadata
    try {
      const stored = await rest?.get({ name })
      if (stored?.object.metadata.uid === uid) await rest?.update({ name }, change, scope)
    } catch (error) {
      if (isReason(error, 'NotFound')) return
      log.warn({ name, error: String(error) }, 'Cannot write the availability of an APIService')
    }
  }
}
