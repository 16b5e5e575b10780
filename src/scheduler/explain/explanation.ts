/** What there is to say about one pod and every node: which filters refuse it, or how its score comes about. */

export interface Refusal {
  plugin: string
  reasons: readonly string[]
}

export interface PluginScore {
  plugin: string
  /** As the plugin gave it, in any range. */
  raw: number
  /** 0 to 100. */
  normalized: number
  weight: number
  /** What it adds to the total: normalized × weight. */
  score: number
}

export interface NodeExplanation {
  node: string
  fits: boolean
  /** Of all filters; the scheduler itself asks no further than the first of them. */
  refusals: readonly Refusal[]
  /** Only of nodes that fit. Plugins that have nothing to say about the pod are absent. */
  scores: readonly PluginScore[]
  total: number
}

export interface Explanation {
  /** `namespace/name`. */
  pod: string
  /** Name of the profile that places it. */
  scheduler: string
  /** `placement` of a pod that waits, or what a `rescheduling` would find of one that has a node: itself taken off that node. */
  question: 'placement' | 'rescheduling'
  /** Where it is; only of a rescheduling. */
  boundTo?: string
  /** Sentences about what else decides. */
  notes: readonly string[]
  /** A plugin refused the pod before any node was looked at. */
  refused?: Refusal
  /** Those that fit first, best first. */
  nodes: readonly NodeExplanation[]
  /** Names of the nodes with the highest total: one of them is taken. */
  best: readonly string[]
  /** Where no node fits: what preemption would do, or why it would not help. */
  preemption?: { node: string; victims: readonly string[] } | { message: string }
}
