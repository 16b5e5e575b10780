/** Routes services in the kernel: keeps their rules in chains of iptables. */
import type { IptablesPart } from '../packet-filter/iptables-table.js'
import { type IptablesPlace, iptablesFrame, iptablesRules } from './iptables-rules.js'
import { followNodePods, type PodAt } from './node-pods.js'
import type { ServiceRoutes } from './service-ports.js'
import type { ServiceProxyDeps, ServiceProxyOptions } from './service-proxy.js'
import type { ChangedRoutes, RouteCarrier } from './service-routes.js'

/** Services that treat nodes differently name the pods of a node in rules of their own, which are written anew when these change. */
class IptablesServiceProxy implements RouteCarrier {
  readonly #differing = new Map<string, ServiceRoutes>()
  readonly #pods = new Map<string, PodAt>()
  #leavePods: (() => void) | undefined

  constructor(
    private readonly deps: ServiceProxyDeps<IptablesPart>,
    private readonly options: ServiceProxyOptions & IptablesPlace,
  ) {
    deps.table.set('frame', iptablesFrame(options))
  }

  async apply(changed: ChangedRoutes): Promise<void> {
    for (const [key, routes] of changed) {
      this.#put(key, routes)
      if (routes?.ports.some(({ byNode }) => byNode.size)) this.#differing.set(key, routes)
      else this.#differing.delete(key)
    }
    if (this.#differing.size && !this.#leavePods) this.#followPods()
    await this.deps.table.flush()
  }

  #put(key: string, routes: ServiceRoutes | undefined): void {
    const podsOn = (node: string) =>
      new Set([...this.#pods.values()].flatMap(({ node: own, ip }) => (own === node ? [ip] : [])))
    this.deps.table.set(`service ${key}`, routes && iptablesRules(routes, this.options, podsOn))
  }

  #followPods(): void {
    this.#leavePods = followNodePods(this.deps.informers, this.options, (pod, at) => {
      const before = this.#pods.get(pod)
      if (at) this.#pods.set(pod, at)
      else this.#pods.delete(pod)
      if (before?.ip === at?.ip && before?.node === at?.node) return
      for (const [key, routes] of this.#differing) this.#put(key, routes)
      void this.deps.table.flush()
    })
  }

  async stop(): Promise<void> {
    this.#leavePods?.()
  }
}

export const newIptablesProxy = (
  deps: ServiceProxyDeps<IptablesPart>,
  options: ServiceProxyOptions & IptablesPlace,
): RouteCarrier => new IptablesServiceProxy(deps, options)
