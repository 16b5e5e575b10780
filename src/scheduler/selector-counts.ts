/**
 * How many pods on each node a selector matches, kept up to date as pods come and go: spreading asks this for every
 * pod it places, and counting anew each time would cost a walk over all pods.
 */
import { formatLabelSelector, type LabelMatcher, matchesLabels } from '../machinery/selector/index.js'
import type { NodeInfo } from './node-info.js'
import type { PodInfo } from './pod-info.js'

interface Counter {
  namespace: string
  selector: LabelMatcher
  /** `namespace/key=value` that every matching pod has, or `namespace` alone. */
  bucket: string
  byNode: Map<NodeInfo, number>
  /** The same summed up by the values of topology keys that were asked for. */
  byTopology: Map<string, Map<string, number>>
}

/** Beyond this the counters that were asked for longest ago are forgotten. */
const maxCounters = 1024

const counts = ({ pod }: PodInfo): boolean => pod.metadata.deletionTimestamp === undefined

function bucketOf(namespace: string, selector: LabelMatcher): string {
  const equal = selector.requirements.find(({ operator }) => operator === '=' || operator === '==')
  return equal ? `${namespace}/${equal.key}=${equal.values[0]}` : namespace
}

export class SelectorCounts {
  /** In the order in which they were last asked for. */
  private readonly counters = new Map<string, Counter>()
  private readonly buckets = new Map<string, Set<Counter>>()

  /** `podsOf` lists what is there, with the node: read once for a selector that is new. */
  constructor(private readonly podsOf: () => Iterable<readonly [node: NodeInfo, info: PodInfo]>) {}

  /** Pods of the namespace by node; nodes without any are absent. Terminating pods do not count, and an empty selector counts none. */
  of = (namespace: string, selector: LabelMatcher): ReadonlyMap<NodeInfo, number> =>
    this.counter(namespace, selector).byNode

  /** The same by the value that their nodes have for a topology key; nodes without the key are left out. */
  byTopology(namespace: string, selector: LabelMatcher, key: string): ReadonlyMap<string, number> {
    const { byNode, byTopology } = this.counter(namespace, selector)
    let values = byTopology.get(key)
    if (!values) {
      values = new Map()
      for (const [node, count] of byNode) addTo(values, node.label(key), count)
      byTopology.set(key, values)
    }
    return values
  }

  /** To be called when labels of a node change, or a node comes or goes. */
  forgetTopologies(): void {
    for (const { byTopology } of this.counters.values()) byTopology.clear()
  }

  add = (node: NodeInfo, info: PodInfo): void => this.change(node, info, 1)
  remove = (node: NodeInfo, info: PodInfo): void => this.change(node, info, -1)

  private counter(namespace: string, selector: LabelMatcher): Counter {
    const key = `${namespace}|${formatLabelSelector(selector)}`
    let counter = this.counters.get(key)
    if (counter) this.counters.delete(key)
    else counter = this.newCounter(namespace, selector)
    this.counters.set(key, counter)
    for (const [oldest, old] of this.counters) {
      if (this.counters.size <= maxCounters) break
      this.counters.delete(oldest)
      this.buckets.get(old.bucket)?.delete(old)
    }
    return counter
  }

  private newCounter(namespace: string, selector: LabelMatcher): Counter {
    const bucketName = bucketOf(namespace, selector)
    const counter: Counter = { namespace, selector, bucket: bucketName, byNode: new Map(), byTopology: new Map() }
    for (const [node, info] of this.podsOf()) apply(counter, node, info, 1)
    const bucket = this.buckets.get(bucketName)
    if (bucket) bucket.add(counter)
    else this.buckets.set(bucketName, new Set([counter]))
    return counter
  }

  private change(node: NodeInfo, info: PodInfo, by: 1 | -1): void {
    if (!this.buckets.size || !counts(info)) return
    const { namespace, pod } = info
    this.applyBucket(namespace, node, info, by)
    for (const key in pod.metadata.labels)
      this.applyBucket(`${namespace}/${key}=${pod.metadata.labels[key]}`, node, info, by)
  }

  private applyBucket(bucket: string, node: NodeInfo, info: PodInfo, by: 1 | -1): void {
    const counters = this.buckets.get(bucket)
    if (counters) for (const counter of counters) apply(counter, node, info, by)
  }
}

function apply({ namespace, selector, byNode, byTopology }: Counter, node: NodeInfo, info: PodInfo, by: 1 | -1): void {
  if (info.namespace !== namespace || !counts(info) || !selector.requirements.length) return
  if (!matchesLabels(selector, info.pod.metadata.labels)) return
  addTo(byNode, node, by)
  for (const [key, values] of byTopology) addTo(values, node.label(key), by)
}

/** An entry that comes down to zero is gone. */
function addTo<K>(map: Map<K, number>, key: K | undefined, by: number): void {
  if (key === undefined) return
  const count = (map.get(key) ?? 0) + by
  if (count) map.set(key, count)
  else map.delete(key)
}
