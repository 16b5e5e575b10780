/** A flow: the requests that share a flow schema and a distinguisher, and so a hand of queues. */
import type { FlowCounts } from './flow-counts.js'
import { dealHand, hashFlow } from './shuffle-shard.js'

/** What hands are dealt from. */
interface Deck {
  queues: number
  handSize: number
}

export class Flow {
  #hand: readonly number[] | undefined

  constructor(
    readonly schema: string,
    readonly distinguisher: string,
    /** For who looks at the queues. */
    readonly user: string,
    readonly counts: FlowCounts,
    private readonly deck: Deck,
  ) {}

  /** The queues that this flow uses; dealt when first needed. */
  get hand(): readonly number[] {
    return (this.#hand ??= this.#deal())
  }

  #deal(): readonly number[] {
    const { queues, handSize } = this.deck
    return queues > 1 ? dealHand(hashFlow(this.schema, this.distinguisher), queues, handSize) : [0]
  }
}
