/** What the nodes of a list have for one topology key, as numbers side by side: scoring asks for it at every node that fits. */
import type { NodeInfo } from './node-info.js'

export interface TopologyColumn {
  /** Different values; the first is `''`, whether a node has that or not. */
  readonly values: readonly string[]
  /** Index into `values` by the node's place in the list; -1 for a node without the key. */
  readonly valueAt: Int32Array
}

export function newTopologyColumn(nodes: readonly NodeInfo[], key: string): TopologyColumn {
  const indexes = new Map([['', 0]])
  const valueAt = new Int32Array(nodes.length).fill(-1)
  for (const [place, node] of nodes.entries()) {
    const value = node.label(key)
    if (value === undefined) continue
    const index = indexes.get(value) ?? indexes.size
    indexes.set(value, index)
    valueAt[place] = index
  }
  return { values: [...indexes.keys()], valueAt }
}
