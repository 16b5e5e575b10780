/** Divides seats among priority levels: each gets the same multiple of what it wants, as far as its bounds allow. */

export interface Claim {
  lowerBound: number
  upperBound: number
  /** What the level could use; not below `lowerBound`. */
  target: number
}

export interface Allocation {
  seats: number[]
  /** What each level within its bounds gets of its target. */
  fairFraction: number
}

/** A target below this would be divided by. */
const minTarget = 0.001
const epsilon = 1e-7

const sumOf = <T>(list: readonly T[], of: (item: T) => number) => list.reduce((sum, item) => sum + of(item), 0)
const clamp = ({ lowerBound, upperBound }: Claim, value: number) => Math.max(lowerBound, Math.min(upperBound, value))

/** At a fraction, the seats of all: rises with the fraction, with a bend wherever a level meets a bound. */
function fractionFor(required: number, claims: readonly Claim[]): number {
  const bends = claims.flatMap(c => [c.lowerBound / c.target, c.upperBound / c.target]).sort((a, b) => a - b)
  const totalAt = (fraction: number) => sumOf(claims, claim => clamp(claim, fraction * claim.target))
  let low = bends[0]!
  for (const bend of bends) {
    if (totalAt(bend) < required) {
      low = bend
      continue
    }
    const [from, to] = [totalAt(low), totalAt(bend)]
    return to === from ? bend : low + ((bend - low) * (required - from)) / (to - from)
  }
  return low
}

/**
 * Seats that sum up to `required`. Undefined when no such division keeps to the bounds.
 *
 * Of 30 seats, levels that want 10 and 40 and are bounded by 8…30 and 0…20 get 10 and 20: the second meets its bound at half of
 * what it wants, the first goes on to all of it.
 */
export function allocateConcurrency(required: number, wanted: readonly Claim[]): Allocation | undefined {
  const claims = wanted.map(claim => ({ ...claim, target: Math.max(minTarget, claim.target) }))
  const low = sumOf(claims, c => c.lowerBound)
  const high = sumOf(claims, c => c.upperBound)
  if (low - required > epsilon || required - high > epsilon) return undefined
  if (required === 0) return { seats: claims.map(() => 0), fairFraction: 0 }
  const fairFraction = fractionFor(required, claims)
  return { seats: claims.map(claim => clamp(claim, fairFraction * claim.target)), fairFraction }
}
