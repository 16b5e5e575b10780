/** The filters of all plugins that care about one pod, run against nodes in order. */
import type { Cluster, NodeFilter, Plugin, Rejection } from './framework.js'
import type { NodeInfo } from './node-info.js'
import type { Nominator } from './nominator.js'
import type { PodInfo } from './pod-info.js'

interface NamedFilter {
  plugin: string
  filter: NodeFilter
}

/** A rejection, and whose it is. */
export interface Verdict extends Rejection {
  plugin: string
}

export class Filters {
  private constructor(private readonly filters: readonly NamedFilter[]) {}

  /** Asks each plugin once; the first that refuses the pod outright ends it. */
  static prepare(
    info: PodInfo,
    plugins: readonly Plugin[],
    cluster: Cluster,
  ): Filters | { refused: string; plugin: string } {
    const filters: NamedFilter[] = []
    for (const { name, filter } of plugins) {
      const made = filter?.(info, cluster)
      if (!made) continue
      if ('refused' in made) return { refused: made.refused, plugin: name }
      filters.push({ plugin: name, filter: made })
    }
    return new Filters(filters)
  }

  /** Nodes that can pass at all, and who says so; undefined when any may. */
  candidates(): { names: ReadonlySet<string>; plugins: string[] } | undefined {
    const limited = this.filters.filter(({ filter }) => filter.candidates)
    if (!limited.length) return undefined
    const [first, ...others] = limited.map(({ filter }) => filter.candidates as ReadonlySet<string>)
    const names = new Set([...(first ?? [])].filter(name => others.every(set => set.has(name))))
    return { names, plugins: limited.map(({ plugin }) => plugin) }
  }

  check(node: NodeInfo): Verdict | undefined {
    for (const { plugin, filter } of this.filters) {
      const rejection = filter.check(node)
      if (rejection) return { ...rejection, plugin }
    }
    return undefined
  }

  /** What every filter has against the node, and not only the first that refuses it. */
  checkAll(node: NodeInfo): Verdict[] {
    return this.filters.flatMap(({ plugin, filter }) => {
      const rejection = filter.check(node)
      return rejection ? [{ ...rejection, plugin }] : []
    })
  }

  /** For trying things out: what is added and removed there is forgotten with it. */
  clone(): Filters {
    return new Filters(this.filters.map(({ plugin, filter }) => ({ plugin, filter: filter.clone?.() ?? filter })))
  }

  /** Changes `node` and what the filters hold; both must be clones. */
  addPod(info: PodInfo, node: NodeInfo): void {
    node.addPod(info)
    for (const { filter } of this.filters) filter.addPod?.(info, node)
  }

  removePod(info: PodInfo, node: NodeInfo): void {
    node.removePod(info.uid)
    for (const { filter } of this.filters) filter.removePod?.(info, node)
  }

  /**
   * The check with the pods nominated to the node there as well, if they are as important. The pod must fit without them
   * too: they may never come, and what the pod seeks may be one of them.
   */
  checkWithNominated(info: PodInfo, node: NodeInfo, nominator: Nominator): Verdict | undefined {
    if (nominator.isEmpty) return this.check(node)
    const nominated = [...nominator.on(node.name)].filter(p => p.uid !== info.uid && p.priority >= info.priority)
    if (!nominated.length) return this.check(node)
    const filters = this.clone()
    const copy = node.clone()
    for (const other of nominated) filters.addPod(other, copy)
    return filters.check(copy) ?? this.check(node)
  }
}
