/** Routes services in the kernel: keeps their rules in the cluster's table of nftables. */
import type { InformerFactory } from '../../client/informer-factory.js'
import type { TablePart } from '../packet-filter/nft-table.js'
import { nftWords } from '../packet-filter/nft-words.js'
import type { TableKeeper } from '../packet-filter/table-keeper.js'
import { followNodePods } from './node-pods.js'
import type { ChangedRoutes, RouteCarrier } from './service-routes.js'
import { type ProxyPlace, podsOnNode, proxyFrame, serviceRules } from './service-rules.js'

export interface ServiceProxyDeps<Part> {
  informers: InformerFactory
  table: TableKeeper<Part>
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
    private readonly deps: ServiceProxyDeps<TablePart>,
    private readonly options: ServiceProxyOptions,
  ) {
    const { address } = nftWords[options.family]
    const sets = options.nodes.map(node => [podsOnNode(node), `set { type ${address}; }`])
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
    this.#leavePods = followNodePods(informers, this.options, (pod, at) => {
      table.set(`pod ${pod}`, at && { elements: [{ set: podsOnNode(at.node), key: at.ip }] })
      if (at) void table.flush()
    })
  }

  async stop(): Promise<void> {
    this.#leavePods?.()
  }
}

export const newServiceProxy = (deps: ServiceProxyDeps<TablePart>, options: ServiceProxyOptions): RouteCarrier =>
  new NftServiceProxy(deps, options)
