/** How many watches a write concerns: what it costs goes on after it was answered. */
import type { RequestInfo } from '../request-info.js'

type Watched = Pick<RequestInfo, 'group' | 'resource' | 'namespace' | 'name'>

const keyOf = ({ group, resource }: Watched, namespace: string, name: string) =>
  `${group}/${resource}/${namespace}/${name}`

/** A watch of the pods of one node sees few of them: upstream leaves it out. */
const ofOneNode = /(^|,)\s*spec\.nodeName==?[^,]/

export class WatchCounts {
  readonly #counts = new Map<string, number>()

  /** Returns what forgets the watch. */
  register(info: RequestInfo, fieldSelector: string): () => void {
    if (info.resource === 'pods' && ofOneNode.test(fieldSelector)) return () => {}
    const key = keyOf(info, info.namespace, info.name)
    this.#add(key, 1)
    return () => this.#add(key, -1)
  }

  /** Watches of everything, of the namespace, and of the object. */
  interested(info: RequestInfo): number {
    if (!this.#counts.size) return 0
    let count = this.#counts.get(keyOf(info, '', '')) ?? 0
    if (info.namespace) count += this.#counts.get(keyOf(info, info.namespace, '')) ?? 0
    if (info.name) count += this.#counts.get(keyOf(info, info.namespace, info.name)) ?? 0
    return count
  }

  #add(key: string, delta: number): void {
    const count = (this.#counts.get(key) ?? 0) + delta
    if (count) this.#counts.set(key, count)
    else this.#counts.delete(key)
  }
}
