/**
 * How fast pods may be driven off lost nodes. When many nodes are lost at once it is rather the network or the control
 * plane that failed: then evictions slow down, and where no node is left at all they stop.
 */
import type { Node } from '../../apis/generated/core-v1.js'
import type { Clock } from '../../machinery/clock.js'

/** Upstream's defaults: one node in ten seconds, or in a hundred where a large zone is disrupted. */
const normalIntervalMs = 10_000
const reducedIntervalMs = 100_000
const largeZone = 50
const unhealthyZoneThreshold = 0.55
const excluded = 'node.kubernetes.io/exclude-disruption'

export const zoneOf = ({ metadata: { labels = {} } }: Node): string => {
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? ''
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? ''
  return region || zone ? `${region}:\0:${zone}` : ''
}

export const isReadyNode = ({ status }: Node): boolean =>
  status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True') === true

const countable = (nodes: readonly Node[]) => nodes.filter(n => n.metadata.labels?.[excluded] === undefined)

/** No node anywhere is ready: nothing is gained by driving pods off. */
export const isFullyDisrupted = (nodes: readonly Node[]): boolean => !countable(nodes).some(isReadyNode)

/** Milliseconds between two nodes tainted in a zone; undefined: none may be. */
export function evictionInterval(zoneNodes: readonly Node[]): number | undefined {
  const counted = countable(zoneNodes)
  const lost = counted.filter(n => !isReadyNode(n)).length
  const partial = lost > 2 && lost < counted.length && lost / counted.length >= unhealthyZoneThreshold
  if (!partial) return normalIntervalMs
  return counted.length > largeZone ? reducedIntervalMs : undefined
}

/** Spaces the taints within each zone. */
export class EvictionPace {
  private readonly last = new Map<string, number>()
  constructor(private readonly clock: Clock) {}

  /** 0: now, and it is counted. Else milliseconds to wait; undefined: not before something changes. */
  request(node: Node, nodes: readonly Node[]): number | undefined {
    const zone = zoneOf(node)
    const interval = evictionInterval(nodes.filter(n => zoneOf(n) === zone))
    if (interval === undefined) return undefined
    const now = this.clock.monotonic()
    const wait = (this.last.get(zone) ?? Number.NEGATIVE_INFINITY) + interval - now
    if (wait > 0) return wait
    this.last.set(zone, now)
    return 0
  }
}
