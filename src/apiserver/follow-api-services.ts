/** Keeps the condition `Available` of all APIServices as it is, while they and the services behind them change. */
import type { APIService } from '../apis/generated/apiregistration-v1.js'
import { type Clock, formatTime } from '../machinery/clock.js'
import type { AnyObject } from '../machinery/object-meta.js'
import type { SchemaSet } from '../machinery/schema/types.js'
import { isReason } from '../machinery/status-error.js'
import type { Transform } from '../registry/rest.js'
import type { Logger } from '../telemetry/logger.js'
import type { Aggregation } from './aggregation/aggregation.js'
import { type Availability, localAvailability, withAvailability } from './api-service-availability.js'
import { loopback } from './authn/user.js'
import type { RestDirectory } from './deps.js'
import type { AvailabilityMetrics } from './metrics/availability-metrics.js'
import { followResource } from './resource-mirror.js'
import { trackOwnWrite } from './verbs/field-manager.js'

const subresource = 'status'
const scope = { user: loopback, dryRun: false, subresource }

export interface ApiServiceFollowerDeps {
  rests: RestDirectory
  schemas: SchemaSet
  clock: Clock
  log: Logger
  signal: AbortSignal
  /** Looks after those that other servers answer. */
  aggregator: Aggregation
  metrics: AvailabilityMetrics
}

export class ApiServiceFollower {
  readonly #deps: ApiServiceFollowerDeps

  constructor(deps: ApiServiceFollowerDeps) {
    this.#deps = deps
  }

  /** Resolves when all that is stored is known. */
  async begin(): Promise<void> {
    const { rests, signal, aggregator } = this.#deps
    const rest = rests.find('apiregistration.k8s.io', 'v1', 'apiservices')
    aggregator.begin((apiService, found) => this.#report(apiService, found), signal)
    if (rest) await followResource(rest, { ...this.#deps, apply: (object, removed) => this.#take(object, removed) })
  }

  #take(object: AnyObject, removed: boolean): void {
    const apiService = object as unknown as APIService
    const { aggregator, metrics } = this.#deps
    const { name = '' } = apiService.metadata
    if (removed) {
      aggregator.forget(name)
      metrics.forget(name)
    } else aggregator.take(apiService)
    if (!removed && !apiService.spec.service) void this.#report(apiService, localAvailability)
  }

  async #report({ metadata, status }: APIService, wanted: Availability): Promise<void> {
    const { rests, schemas, clock, log, metrics } = this.#deps
    const { name = '', uid } = metadata
    metrics.found(name, wanted)
    const time = formatTime(clock.now())
    const before = status?.conditions ?? []
    if (withAvailability(before, wanted, time) === before) return
    const rest = rests.find('apiregistration.k8s.io', 'v1', 'apiservices')
    if (!rest) return
    const change: Transform = (current, live) => {
      const { conditions = [] } = (current?.status ?? {}) as NonNullable<APIService['status']>
      const object = { ...current!, status: { conditions: withAvailability(conditions, wanted, time) } }
      trackOwnWrite({ schemas, clock }, { kind: rest.kind, subresource, live, object })
      return object
    }
    try {
      const stored = await rest.get({ name })
      if (stored?.object.metadata.uid !== uid) return
      await rest.update({ name }, change, scope)
      const wasAvailable = before.some(({ type, status: is }) => type === 'Available' && is === 'True')
      if (wasAvailable && wanted.status !== 'True') metrics.lost(name, wanted.reason ?? 'UnknownReason')
    } catch (error) {
      if (isReason(error, 'NotFound')) return
      log.warn({ name, error: String(error) }, 'Cannot write the availability of an APIService')
    }
  }
}
