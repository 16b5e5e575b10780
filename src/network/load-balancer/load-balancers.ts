/** Gives services of type LoadBalancer an address at once, in place of a cloud: what a cloud's controller would write into their status. */
import { service as serviceKind } from '../../apis/core-v1/service.js'
import type { LoadBalancerIngress, Service } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import { type IpFamily, isCidrOfFamily, isOfFamily } from '../../machinery/ip-family.js'
import { isReason } from '../../machinery/status-error.js'
import type { Logger } from '../../telemetry/logger.js'
import { addressesIn, isInRange } from '../address-range.js'
import { isServedBalancer } from '../proxy/service-ports.js'

export interface LoadBalancersDeps {
  client: Client
  informers: InformerFactory
  log: Logger
}

/** Of one family. */
export interface BalancerAddresses {
  /** A CIDR, as `198.18.7.0/24` or `2001:2:0:7::/64`: each service gets one of the first 254 for its own, and the service proxy routes it. */
  range: string
  /** Where the service proxy cannot: the one address that all have, a forwarder's; they tell themselves apart by their ports. */
  shared?: string
}

const keyOf = ({ metadata: { namespace, name } }: Service) => `${namespace}/${name}`

const isSharedEntry = ({ ip = '', ipMode }: LoadBalancerIngress) =>
  ipMode === 'Proxy' && (ip.startsWith('127.') || ip === '::1')
const isOwnEntry = ({ ip = '' }: LoadBalancerIngress, { range }: BalancerAddresses) => isInRange(ip, range)

function newEntry(
  { spec: { loadBalancerIP: wish } }: Service,
  { range, shared }: BalancerAddresses,
  taken: ReadonlySet<string>,
): LoadBalancerIngress | undefined {
  if (shared) return { ip: shared, ipMode: 'Proxy' }
  if (wish && isOfFamily(wish, range.includes(':') ? 'IPv6' : 'IPv4')) return { ip: wish, ipMode: 'VIP' }
  for (const ip of addressesIn(range)) if (!taken.has(ip)) return { ip, ipMode: 'VIP' }
  return undefined
}

/** What the status is to say, an address for each family of the service; undefined: it is right as it is. Addresses that somebody else wrote stay. */
export function planIngress(
  service: Service,
  families: readonly BalancerAddresses[],
  taken: ReadonlySet<string>,
): LoadBalancerIngress[] | undefined {
  const { spec, status, metadata } = service
  if (!isServedBalancer(service) || metadata.deletionTimestamp) return undefined
  const present = status?.loadBalancer?.ingress ?? []
  const isOurs = (entry: LoadBalancerIngress) => isSharedEntry(entry) || families.some(one => isOwnEntry(entry, one))
  if (!present.every(isOurs)) return undefined
  const wanted = (spec.ipFamilies ?? ['IPv4']).flatMap(
    family => families.find(({ range }) => isCidrOfFamily(range, family as IpFamily)) ?? [],
  )
  const planned = wanted.flatMap(one => {
    // As the cluster was started last time, it may be one of the other sort.
    const kept = present.find(entry => (one.shared ? entry.ip === one.shared : isOwnEntry(entry, one)))
    return kept ?? newEntry(service, one, taken) ?? []
  })
  const isSame = planned.length === present.length && planned.every((entry, i) => entry === present[i])
  return isSame || planned.length < wanted.length ? undefined : planned
}

class LoadBalancers {
  readonly #services
  /** Given out, by service; until the informer says the same. */
  readonly #given = new Map<string, readonly string[]>()
  #stopped = false
  #leave: () => void = () => {}

  constructor(
    private readonly deps: LoadBalancersDeps,
    private readonly families: readonly BalancerAddresses[],
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
    const taken = new Set([...this.#given.values()].flat())
    for (const { status } of this.#services.list())
      for (const { ip } of status?.loadBalancer?.ingress ?? []) if (ip) taken.add(ip)
    return taken
  }

  #look(service: Service): void {
    if (service.spec.type !== 'LoadBalancer') this.#given.delete(keyOf(service))
    // Most services are none, and need no look at all the others.
    const ingress = planIngress(service, this.families, new Set())
    if (!ingress) return
    const own = planIngress(service, this.families, this.#taken())
    if (!own) {
      this.deps.log.warn({ service: keyOf(service) }, 'There is no address left for load balancers')
      return
    }
    const given = own.flatMap(entry => (entry.ip && !isSharedEntry(entry) ? [entry.ip] : []))
    if (given.length) this.#given.set(keyOf(service), given)
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

export const startLoadBalancers = (deps: LoadBalancersDeps, families: readonly BalancerAddresses[]): { stop(): void } =>
  new LoadBalancers(deps, families)
