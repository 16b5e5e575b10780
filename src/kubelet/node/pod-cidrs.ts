/** The networks that this node was given for its pods: known a moment after it has registered, and anew where it registers again. */
import type { Node } from '../../apis/generated/core-v1.js'
import { type Informer, type InformerDeps, newInformer } from '../../client/informer.js'
import { nodeKind } from '../kinds.js'
import { within } from '../within.js'

/** Ample for a controller that runs; a pod that waits longer is told why, and tries again. */
const longestWaitMs = 10_000
const missing = 'the node has no pod CIDR'
/** Upstream's words, where a network is not ready. */
const notReady = `container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:${missing}`

export class PodCidrs {
  readonly #deps: InformerDeps
  readonly #node: Informer<Node>
  readonly #changed: () => void
  #current: readonly string[] = []
  /** Since when there are none; milliseconds since the epoch. */
  #missingSince: number
  #waiting: ((cidrs: readonly string[]) => void)[] = []

  /** `changed` hears that they have come or gone. */
  constructor(deps: InformerDeps, nodeName: string, changed: () => void) {
    this.#deps = deps
    this.#changed = changed
    this.#missingSince = deps.clock.now()
    this.#node = newInformer(nodeKind, deps, { fieldSelector: `metadata.name=${nodeName}` })
    this.#node.addHandler({
      add: node => this.#note(node),
      update: node => this.#note(node),
      delete: () => this.#set([]),
    })
  }

  start(): void {
    this.#node.start()
  }

  stop(): void {
    this.#node.stop()
  }

  /** Why pods cannot have a network; undefined when they can, or that is only a matter of time. */
  get problem(): string | undefined {
    const isLate = this.#deps.clock.now() - this.#missingSince >= longestWaitMs
    return this.#current.length === 0 && isLate ? notReady : undefined
  }

  /** Waits for them a while; rejects when none come. */
  async known(): Promise<readonly string[]> {
    if (this.#current.length > 0) return this.#current
    const coming = new Promise<readonly string[]>(resolve => this.#waiting.push(resolve))
    return within(coming, longestWaitMs, this.#deps.clock, missing)
  }

  #note({ spec }: Node): void {
    this.#set(spec?.podCIDRs ?? [])
  }

  #set(cidrs: readonly string[]): void {
    if (cidrs.join() === this.#current.join()) return
    this.#current = cidrs
    this.#missingSince = this.#deps.clock.now()
    if (cidrs.length > 0) for (const resolve of this.#waiting.splice(0)) resolve(cidrs)
    this.#changed()
  }
}
