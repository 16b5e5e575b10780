/** Gives services of type LoadBalancer an address at once, in place of a cloud: what a cloud's controller would write into their status. */
import { service as serviceKind } from '../../apis/core-v1/service.js'
import type { LoadBalancerIngress, Service } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import { isReason } from '../../machinery/status-error.js'
import type { Logger } from '../../telemetry/logger.js'
import { isServedBalancer } from '../proxy/service-ports.js'

export interface LoadBalancersDeps {
  client: Client
  informers: InformerFactory
  log: Logger
}

export interface BalancerAddresses {
  /** A CIDR of 254 addresses, as `198.18.7.0/24`: each service gets one of its own, and the service proxy routes it. */
  range: string
  /** Where the service proxy cannot: the one address that all have, a forwarder's; they tell themselves apart by their ports. */
  shared?: string
}

const keyOf = ({ metadata: { namespace, name } }: Service) => `${namespace}/${name}`
const lastOfRange = 254

/** What the status is to say; undefined: it is right as it is. Addresses that somebody else wrote stay. */
export function planIngress(
  service: Service,
  { range, shared }: BalancerAddresses,
  taken: ReadonlySet<string>,
): LoadBalancerIngress[] | undefined {
  if (!isServedBalancer(service) || service.metadata.deletionTimestamp) return undefined
  const [{ ip = '', ipMode } = {}] = service.status?.loadBalancer?.ingress ?? []
  const prefix = range.slice(0, range.lastIndexOf('.') + 1)
  const isShared = ipMode === 'Proxy' && ip.startsWith('127.')
  const isOwn = ip.startsWith(prefix)
  // As the cluster was started last time, that may be the other one.
  if (service.status?.loadBalancer?.ingress?.length && !(shared ? isOwn : isShared)) return undefined
  if (shared) return [{ ip: shared, ipMode: 'Proxy' }]
  const wish = service.spec.loadBalancerIP
  if (wish && /^\d+\.\d+\.\d+\.\d+$/.test(wish)) return [{ ip: wish, ipMode: 'VIP' }]
  for (let last = 1; last <= lastOfRange; last++)
    if (!taken.has(`${prefix}${last}`)) return [{ ip: `${prefix}${last}`, ipMode: 'VIP' }]
  return undefined
}

class LoadBalancers {
  readonly #services
  /** Given out, by service; until the informer says the same. */
  readonly #given = new Map<string, string>()
  #stopped = false
  #leave: () => void = () => {}

  constructor(
    private readonly deps: LoadBalancersDeps,
    private readonly addresses: BalancerAddresses,
  ) {
    this.#services = deps.informers.informer(serviceKind)
    // Before all are known, an address might be given out twice.
    void this.#services.synced.then(() => {
      if (this.#stopped) return
      const look = (service: Service) => this.#look(service)
      this.#leave = this.#services.addHandler({ add: look, update: look, delete: s => this.#given.delete(keyOf(s)) })
    })
  }

  #taken(): Set<string> {
    const taken = new Set(this.#given.values())
    for (const { status } of this.#services.list())
      for (const { ip } of status?.loadBalancer?.ingress ?? []) if (ip) taken.add(ip)
    return taken
  }

  #look(service: Service): void {
    if (service.spec.type !== 'LoadBalancer') this.#given.delete(keyOf(service))
    // Most services are none, and need no look at all the others.
    const ingress = planIngress(service, this.addresses, new Set())
    if (!ingress) return
    const own = planIngress(service, this.addresses, this.#taken())
    if (!own) {
      this.deps.log.warn({ service: keyOf(service) }, 'There is no address left for load balancers')
      return
    }
    if (own[0]?.ip && !this.addresses.shared) this.#given.set(keyOf(service), own[0].ip)
    void this.#write(service, own)
  }

  async #write(service: Service, ingress: LoadBalancerIngress[]): Promise<void> {
    const key = { namespace: service.metadata.namespace ?? '', name: service.metadata.name ?? '' }
    const body = {
      metadata: { resourceVersion: service.metadata.resourceVersion },
      status: { loadBalancer: { ingress } },
    }
    const options = { subresource: 'status' }
    await this.deps.client
      .patch(serviceKind, key, { type: 'application/merge-patch+json', body }, options)
      .catch(error => {
        this.#given.delete(keyOf(service))
        // Changed meanwhile: the next event brings it up again. Or gone.
        if (isReason(error, 'Conflict') || isReason(error, 'NotFound')) return
        this.deps.log.warn({ service: keyOf(service), error: String(error) }, 'A load balancer got no address')
      })
  }

  stop(): void {
    this.#stopped = true
    this.#leave()
  }
}

export const startLoadBalancers = (deps: LoadBalancersDeps, addresses: BalancerAddresses): { stop(): void } =>
  new LoadBalancers(deps, addresses)
