/** Tables of rules in the packet filter, one of each family of addresses, by the program that sets them. */
import type { InformerFactory } from '../../client/informer-factory.js'
import { type PodNetwork, rangesOf } from '../../kubelet/network/network-manager.js'
import type { IpFamily } from '../../machinery/ip-family.js'
import type { IptablesPart } from '../../network/packet-filter/iptables-table.js'
import type { ProgramPlace } from '../../network/packet-filter/rule-table.js'
import type { TableKeeper } from '../../network/packet-filter/table-keeper.js'
import type { PolicyInput } from '../../network/policy/policy-peers.js'
import type { ServiceProxyDeps, ServiceProxyOptions } from '../../network/proxy/service-proxy.js'
import type { RouteCarrier } from '../../network/proxy/service-routes.js'
import type { Logger } from '../../telemetry/logger.js'
import { systemClock as clock } from '../system.js'

/** What the tables are for. */
export interface TableRules {
  /** Families whose packets they are for. */
  families: readonly IpFamily[]
  /** Routes services in one of the families. */
  newProxy(informers: InformerFactory, options: ServiceProxyOptions): RouteCarrier
  /** Enforces NetworkPolicies. */
  startPolicies(informers: InformerFactory): { stop(): Promise<void> }
}

export interface Rules extends TableRules {
  remove(): Promise<void>
}

export interface Opening {
  place: ProgramPlace
  cluster: string
  log: Logger
  network: PodNetwork
}

/** Name of the table of a cluster in nftables. */
export const tableOf = (cluster: string): string => `minik8s-${cluster}`

/** What a program wants in its tables. */
interface Planned<Part> {
  newProxy(deps: ServiceProxyDeps<Part>, options: ServiceProxyOptions): RouteCarrier
  plan(input: PolicyInput): Map<string, Part>
}

async function rulesIn<Part>(
  tables: ReadonlyMap<IpFamily, TableKeeper<Part>>,
  { newProxy, plan }: Planned<Part>,
): Promise<Rules> {
  const { startNetworkPolicies } = await import('../../network/policy/network-policies.js')
  return {
    families: [...tables.keys()],
    newProxy: (informers, options) => newProxy({ informers, table: tables.get(options.family)! }, options),
    startPolicies(informers) {
      const started = [...tables].map(([family, table]) =>
        startNetworkPolicies({ family, informers, clock, table, plan }),
      )
      return { stop: async () => void (await Promise.all(started.map(one => one.stop()))) }
    },
    remove: async () => void (await Promise.all([...tables.values()].map(table => table.stop()))),
  }
}

export async function openNftables({ place, cluster, log, network }: Opening): Promise<Rules> {
  const [{ newNft }, { NftTable }, { startTableKeeper }, { newServiceProxy }, { planPolicies }] = await Promise.all([
    import('../../network/packet-filter/nft.js'),
    import('../../network/packet-filter/nft-table.js'),
    import('../../network/packet-filter/table-keeper.js'),
    import('../../network/proxy/service-proxy.js'),
    import('../../network/policy/policy-rules.js'),
  ])
  const families = [...rangesOf(network).keys()]
  const tableFor = (family: IpFamily) =>
    startTableKeeper({ filter: newNft(place, family), clock, log }, new NftTable(tableOf(cluster), family))
  const tables = new Map(families.map(family => [family, tableFor(family)]))
  return rulesIn(tables, { newProxy: newServiceProxy, plan: planPolicies })
}

/** What speaks to the programs of iptables, and names their chains. */
export const loadIptables = () =>
  Promise.all([
    import('../../network/packet-filter/iptables.js'),
    import('../../network/packet-filter/iptables-names.js'),
  ] as const)

/** Of the families whose program is there. */
export async function openIptables({ place, cluster, log, network }: Opening): Promise<Rules> {
  const [[{ newIptables, iptablesWorks }, { chainPrefix }], { IptablesTable }, { startTableKeeper }, proxy, plans] =
    await Promise.all([
      loadIptables(),
      import('../../network/packet-filter/iptables-table.js'),
      import('../../network/packet-filter/table-keeper.js'),
      import('../../network/proxy/iptables-proxy.js'),
      import('../../network/policy/iptables-policies.js'),
    ])
  const prefix = chainPrefix(cluster)
  const { bridges } = network
  const tables = new Map<IpFamily, TableKeeper<IptablesPart>>()
  for (const family of rangesOf(network).keys())
    if (await iptablesWorks(place, family))
      tables.set(
        family,
        startTableKeeper({ filter: newIptables(place, { family, bridges }), clock, log }, new IptablesTable(prefix)),
      )
  return rulesIn(tables, {
    newProxy: (deps, options) => proxy.newIptablesProxy(deps, { ...options, prefix }),
    plan: input => plans.planIptablesPolicies(input, prefix),
  })
}
