/** Shuffle sharding: a flow's hash deals it a hand of queues, so that two flows seldom share them all. */
import { createHash } from 'node:crypto'

/** 64 bits that belong to one flow: upstream's hashFlowID. */
export function hashFlow(schema: string, distinguisher: string): bigint {
  const digest = createHash('sha256').update(`${schema}\0${distinguisher}`).digest()
  return digest.readBigUInt64LE(0)
}

/**
 * Distinct numbers below `deckSize`, as many as `handSize`. The hash is read as a number of mixed radix: of 10 cards the first
 * digit picks one of 10, the second one of the 9 that are left, and so on.
 */
export function dealHand(hash: bigint, deckSize: number, handSize: number): number[] {
  const remainders: number[] = []
  for (let i = 0; i < handSize; i++) {
    const left = BigInt(deckSize - i)
    remainders.push(Number(hash % left))
    hash /= left
  }
  // From the place among what is left to the card itself.
  return remainders.map((remainder, i) => {
    let card = remainder
    for (let j = i; j > 0; j--) if (card >= remainders[j - 1]!) card++
    return card
  })
}
