/** Which endpoints traffic may go to, by where it comes from: upstream's `CategorizeEndpoints`, asked for every node of this process at once. */

export interface Backend {
  ip: string
  port: number
}

/** The same ones in the same order. */
export const isSameBackends = (a: readonly Backend[], b: readonly Backend[]): boolean =>
  a.length === b.length && a.every(({ ip, port }, i) => ip === b[i]!.ip && port === b[i]!.port)

export interface EndpointAt extends Backend {
  ready: boolean
  /** Terminating, and still serving. */
  ending: boolean
  /** Empty: on no node. */
  nodeName: string
  zoneHints: readonly string[]
  nodeHints: readonly string[]
}

/** The nodes of this process with their zones; `''` where a node has none. */
export interface Topology {
  nodes: ReadonlyMap<string, string>
}

export interface TrafficPolicies {
  internalLocal: boolean
  externalLocal: boolean
}

export interface ChosenBackends {
  hasEndpoints: boolean
  backends: readonly Backend[]
  byNode: ReadonlyMap<string, readonly Backend[]>
  cluster: readonly Backend[]
  external: readonly Backend[]
}

/** Those that are ready; without any, those that still serve while they end. */
function usable(endpoints: readonly EndpointAt[]): readonly EndpointAt[] {
  const ready = endpoints.filter(endpoint => endpoint.ready)
  return ready.length ? ready : endpoints.filter(({ ending }) => ending)
}

/** By hints of the node, else of its zone; hints count only when every endpoint that is ready has them and one is for us. */
function nearest(ready: readonly EndpointAt[], node: string, zone: string): readonly EndpointAt[] {
  if (ready.every(({ nodeHints }) => nodeHints.length)) {
    const near = ready.filter(({ nodeHints }) => nodeHints.includes(node))
    if (near.length) return near
  }
  if (zone && ready.every(({ zoneHints }) => zoneHints.length)) {
    const near = ready.filter(({ zoneHints }) => zoneHints.includes(zone))
    if (near.length) return near
  }
  return ready
}

const addressesOf = (endpoints: readonly EndpointAt[]): Backend[] => endpoints.map(({ ip, port }) => ({ ip, port }))
const isSame = (a: readonly EndpointAt[], b: readonly EndpointAt[]) =>
  a.length === b.length && a.every((endpoint, i) => endpoint === b[i])

/** This machine is every node of this process: what is local to one of them is local to it. */
export function chooseBackends(
  endpoints: readonly EndpointAt[],
  { nodes }: Topology,
  { internalLocal, externalLocal }: TrafficPolicies,
): ChosenBackends {
  const cluster = usable(endpoints)
  const here = usable(endpoints.filter(({ nodeName }) => nodes.has(nodeName)))
  const backends = internalLocal ? here : cluster
  const byNode = new Map<string, readonly Backend[]>()
  for (const [node, zone] of nodes) {
    const own = internalLocal
      ? usable(endpoints.filter(({ nodeName }) => nodeName === node))
      : cluster[0]?.ready
        ? nearest(cluster, node, zone)
        : cluster
    if (!isSame(own, backends)) byNode.set(node, addressesOf(own))
  }
  return {
    hasEndpoints: cluster.length > 0,
    backends: addressesOf(backends),
    byNode,
    cluster: addressesOf(cluster),
    external: addressesOf(externalLocal ? here : cluster),
  }
}
