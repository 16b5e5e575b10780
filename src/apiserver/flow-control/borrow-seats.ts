/** Adjusts what each priority level may use now: levels lend seats that they do not need. */
import { allocateConcurrency, type Claim } from './allocate-concurrency.js'
import type { PriorityLevel } from './priority-level.js'

/** What a level must be left with: what it had in use, within what it never lends and what is its own. */
const leastOf = ({ isExempt, min, nominal, demand }: PriorityLevel): number =>
  isExempt ? Math.max(min, demand.highWatermark) : Math.max(min, Math.min(nominal, demand.highWatermark))

/** `now` in seconds, `serverSeats`: of the whole server. Returns the fraction of its target that a level is given. */
export function borrowSeats(levels: readonly PriorityLevel[], now: number, serverSeats: number): number {
  for (const level of levels) level.noteDemand(level.gauges.demand.reset(now))
  const nominalSum = levels.reduce((sum, { nominal }) => sum + nominal, 0)
  const exempt = levels.filter(({ isExempt }) => isExempt)
  const limited = levels.filter(({ isExempt }) => !isExempt)
  for (const level of exempt) level.limit(leastOf(level), serverSeats)

  const remaining = nominalSum - exempt.reduce((sum, level) => sum + leastOf(level), 0)
  const minSum = limited.reduce((sum, { min }) => sum + min, 0)
  const leastSum = limited.reduce((sum, level) => sum + leastOf(level), 0)
  const claims = limited.map<Claim>(level => {
    const lowerBound = leastOf(level)
    level.target = Math.max(lowerBound, level.demand.smoothed)
    return { lowerBound, upperBound: level.max, target: level.target }
  })
  const limitAll = (seatsOf: (level: PriorityLevel, index: number) => number) =>
    limited.forEach((level, i) => {
      level.limit(seatsOf(level, i), serverSeats)
    })

  if (remaining <= minSum) {
    limitAll(({ min }) => min)
    return 0
  }
  if (remaining <= leastSum) {
    const share = (remaining - minSum) / (leastSum - minSum)
    limitAll(level => level.min + Math.round((leastOf(level) - level.min) * share))
    return 0
  }
  const allocation = allocateConcurrency(nominalSum, claims)
  limitAll(({ current }, i) => (allocation ? Math.round(allocation.seats[i]!) : current))
  return allocation?.fairFraction ?? 0
}
