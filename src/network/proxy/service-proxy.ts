/** Routes services in the kernel: keeps their rules in the cluster's table of the packet filter. */
import { pod as podKind } from '../../apis/core-v1/pod.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import type { TableKeeper } from '../packet-filter/table-keeper.js'
import type { ChangedRoutes, RouteCarrier } from './service-routes.js'
import { type ProxyPlace, podsOnNode, proxyFrame, serviceRules } from './service-rules.js'

export interface ServiceProxyDeps {
  informers: InformerFactory
  table: TableKeeper
}

export interface ServiceProxyOptions extends ProxyPlace {
  /** Names of the nodes of this process. */
  nodes: readonly string[]
}

/** The addresses of pods are in the table from when the first service treats nodes differently. */
class NftServiceProxy implements RouteCarrier {
  readonly #differing = new Set<string>()
  #leavePods: (() => void) | undefined

  constructor(
    private readonly deps: ServiceProxyDeps,
    private readonly options: ServiceProxyOptions,
  ) {
    const sets = options.nodes.map(node => [podsOnNode(node), 'set { type ipv4_addr; }'])
    deps.table.set('frame', proxyFrame(options))
    deps.table.set('nodes', { sets: Object.fromEntries(sets) })
  }

  async apply(changed: ChangedRoutes): Promise<void> {
    const { table } = this.deps
    for (const [key, routes] of changed) {
      table.set(`service ${key}`, routes && serviceRules(routes, this.options))
      if (routes?.ports.some(({ byNode }) => byNode.size)) this.#differing.add(key)
      else this.#differing.delete(key)
    }
    if (this.#differing.size && !this.#leavePods) this.#followPods()
    await table.flush()
  }

  #followPods(): void {
    const { informers, table } = this.deps
    const put = (pod: Pod) => {
      const { hostNetwork, nodeName } = pod.spec
      const ip = pod.status?.podIP
      const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
      const here = ip && !hostNetwork && !ended && nodeName && this.options.nodes.includes(nodeName)
      const { namespace, name } = pod.metadata
      table.set(`pod ${namespace}/${name}`, here ? { elements: [{ set: podsOnNode(nodeName), key: ip }] } : undefined)
      void table.flush()
    }
    const handler = {
      add: put,
      update: (pod: Pod, old: Pod) => {
        if (pod.status?.podIP !== old.status?.podIP || pod.status?.phase !== old.status?.phase) put(pod)
      },
      delete: ({ metadata: { namespace, name } }: Pod) => table.set(`pod ${namespace}/${name}`),
    }
    this.#leavePods = informers.informer(podKind).addHandler(handler)
  }

  async stop(): Promise<void> {
    this.#leavePods?.()
  }
}

export const newServiceProxy = (deps: ServiceProxyDeps, options: ServiceProxyOptions): RouteCarrier =>
  new NftServiceProxy(deps, options)
