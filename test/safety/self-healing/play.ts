/** One game: everything runs, everything dies now and then, and in the end everything is as it was asked for. */
import { newChance } from '../random.js'
import { Chaos } from './chaos.js'
import { createWorkloads, missing } from './workloads.js'
import { World } from './world.js'

export interface Game {
  seed: number
  /** How many things go wrong. */
  blows: number
}

export interface Outcome {
  findings: readonly string[]
  /** What was done, such as `power failure × 3`. */
  done: readonly string[]
  /** Writes that were looked at. */
  observed: number
  /** Of the cluster's clock, from the last blow until all was well. */
  healedMs: number
}

const machines = 4
const longestPauseMs = 8_000
/** Longer than the longest back-off between two attempts of a Job. */
const longestHealingMs = 2_400_000
const lookMs = 5_000
/** What was seen last is written by then. */
const settleMs = 20_000

export async function playSelfHealing({ seed, blows }: Game): Promise<Outcome> {
  const chance = newChance(seed)
  const luck = newChance(seed + 1)
  const world = await World.create(machines, { chance, jobFails: () => luck.oneIn(10) })
  const { cluster, observer } = world
  const chaos = new Chaos(world, chance)
  try {
    await world.run(2_000)
    await createWorkloads(cluster)
    await world.run(10_000)
    for (let blow = 0; blow < blows; blow++) {
      await chaos.strike()
      await world.run(chance.below(longestPauseMs))
    }
    await chaos.repair()
    let healedMs = 0
    let left = await missing(cluster, machines)
    for (; left.length && healedMs < longestHealingMs; healedMs += lookMs) {
      await world.run(lookMs)
      left = await missing(cluster, machines)
    }
    await world.run(settleMs)
    const findings = [
      ...observer.violations,
      ...left.map(what => `not healed after ${healedMs} ms: ${what}`),
      ...observer.atRest(cluster.clock.now()),
    ]
    const done = [...chaos.done].map(([name, times]) => `${name} × ${times}`).sort()
    return { findings: findings.map(what => `seed ${seed}: ${what}`), done, observed: observer.observed, healedMs }
  } finally {
    await world.dispose()
  }
}
