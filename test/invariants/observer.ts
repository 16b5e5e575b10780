/** Follows a cluster write by write and keeps what was against the rules. */
import { invariants } from './index.js'
import type { Invariant } from './invariant.js'
import { ClusterModel, type KindName, type Kinds, type RunningContainer } from './model.js'

export interface ObserverOptions {
  /** How late the caches of those who act may be, milliseconds; default 100. */
  lagMs?: number
  /** Names of rules that do not count. */
  except?: readonly string[]
}

/** No more are kept of each rule. */
const mostKept = 20

export class InvariantObserver {
  readonly model: ClusterModel
  private readonly found = new Map<string, string[]>()
  private readonly rules: readonly Invariant[]
  /** How many writes were looked at. */
  observed = 0

  constructor({ lagMs, except = [] }: ObserverOptions = {}) {
    this.model = new ClusterModel(lagMs)
    this.rules = invariants.filter(({ name }) => !except.includes(name))
  }

  /** Everything found so far, such as `node-name-once: pod web moved from a to b`. */
  get violations(): readonly string[] {
    return [...this.found].flatMap(([name, found]) => found.map(text => `${name}: ${text}`))
  }

  observe<K extends KindName>(kind: K, object: Kinds[K], options: { isGone?: boolean; at?: number } = {}): void {
    const change = this.model.apply(kind, object, options)
    this.observed++
    for (const { name, afterChange } of this.rules)
      for (const text of afterChange?.(change, this.model) ?? []) this.keep(name, text)
  }

  /** What runs on a node now. */
  observeContainers(node: string, running: readonly RunningContainer[]): void {
    this.model.containers.set(node, running)
    for (const { name, onContainers } of this.rules)
      for (const text of onContainers?.(this.model) ?? []) this.keep(name, text)
  }

  /** To be called when nothing is under way any more. Answers what is wrong. */
  atRest(now = this.model.now): string[] {
    this.model.now = Math.max(this.model.now, now)
    return this.rules.flatMap(({ name, atRest }) => [...(atRest?.(this.model) ?? [])].map(text => `${name}: ${text}`))
  }

  private keep(name: string, text: string): void {
    const found = this.found.get(name) ?? []
    if (found.length < mostKept && !found.includes(text)) found.push(text)
    this.found.set(name, found)
  }
}
