/** Which pods wait for a node that preemption is making room on: others of lower priority must leave that room alone. */
import type { PodInfo } from './pod-info.js'

export class Nominator {
  private readonly byNode = new Map<string, Map<string, PodInfo>>()
  private readonly nodeOf = new Map<string, string>()

  /** An empty name takes the nomination back. */
  nominate(info: PodInfo, node: string): void {
    this.remove(info.uid)
    if (!node) return
    this.nodeOf.set(info.uid, node)
    const pods = this.byNode.get(node)
    if (pods) pods.set(info.uid, info)
    else this.byNode.set(node, new Map([[info.uid, info]]))
  }

  remove(uid: string): void {
    const node = this.nodeOf.get(uid)
    if (node === undefined) return
    this.nodeOf.delete(uid)
    const pods = this.byNode.get(node)
    pods?.delete(uid)
    if (!pods?.size) this.byNode.delete(node)
  }

  get isEmpty(): boolean {
    return this.nodeOf.size === 0
  }

  nodeFor = (uid: string): string | undefined => this.nodeOf.get(uid)

  on = (node: string): Iterable<PodInfo> => this.byNode.get(node)?.values() ?? []
}
