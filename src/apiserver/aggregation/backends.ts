/** The services behind APIServices and their endpoints, as they are stored; followed only once there is an APIService to look behind. */
import type { Service } from '../../apis/generated/core-v1.js'
import type { EndpointSlice } from '../../apis/generated/discovery-v1.js'
import type { Clock } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Backend } from '../api-service-availability.js'
import type { RestDirectory } from '../deps.js'
import { type ApplyObject, followResource } from '../resource-mirror.js'

export interface BackendsDeps {
  rests: RestDirectory
  clock: Clock
  log: Logger
}

const serviceNameLabel = 'kubernetes.io/service-name'
const keyOf = (namespace: string | undefined, name: string | undefined) => `${namespace}/${name}`

export class Backends {
  readonly #services = new Map<string, Service>()
  /** By service, then by their own name. */
  readonly #slices = new Map<string, Map<string, EndpointSlice>>()
  #known: Promise<void> | undefined

  constructor(
    private readonly deps: BackendsDeps,
    /** Something about this service has changed. */
    private readonly onChange: (namespace: string | undefined, name: string | undefined) => void,
  ) {}

  /** Resolves when all that is stored is known. */
  follow(signal: AbortSignal): Promise<void> {
    this.#known ??= this.#followAll(signal)
    return this.#known
  }

  of({ namespace, name }: { namespace: string; name: string }): Backend {
    const key = keyOf(namespace, name)
    return { service: this.#services.get(key), slices: [...(this.#slices.get(key)?.values() ?? [])] }
  }

  async #followAll(signal: AbortSignal): Promise<void> {
    const follow = (group: string, resource: string, apply: ApplyObject) => {
      const rest = this.deps.rests.find(group, 'v1', resource)
      return rest && followResource(rest, { ...this.deps, apply, signal })
    }
    await Promise.all([
      follow('', 'services', (object, removed) => {
        const { namespace, name } = object.metadata
        if (removed) this.#services.delete(keyOf(namespace, name))
        else this.#services.set(keyOf(namespace, name), object as unknown as Service)
        this.onChange(namespace, name)
      }),
      follow('discovery.k8s.io', 'endpointslices', (object, removed) => {
        const { namespace, name = '', labels } = object.metadata
        const service = labels?.[serviceNameLabel]
        if (!service) return
        const key = keyOf(namespace, service)
        const slices = this.#slices.get(key) ?? new Map<string, EndpointSlice>()
        this.#slices.set(key, slices)
        if (removed) slices.delete(name)
        else slices.set(name, object as unknown as EndpointSlice)
        if (!slices.size) this.#slices.delete(key)
        this.onChange(namespace, service)
      }),
    ])
  }
}
