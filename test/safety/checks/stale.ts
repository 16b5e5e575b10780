/** `stale`: controllers whose caches lag, while objects are replaced by others of the same name. */
import type { SafetyCheck } from '../check.js'
import { play } from '../controllers/crash-each-write.js'
import { LateEyes } from '../controllers/lagging.js'
import { replacing } from '../controllers/replacing.js'
import type { Scenario } from '../controllers/scenario.js'
import { scenarios } from '../controllers/scenarios/index.js'
import { newChance } from '../random.js'

/**
 * Who takes a ReplicaSet away and puts another in its place decides himself how many pods are there meanwhile; who takes away a Job's pod that
 * has succeeded, finalizer and all, before it is counted, has it done again; who takes a pod of a StatefulSet away asks nobody for the order.
 */
const brokenByUsers = ['deployment-bounds', 'job-bounds', 'stateful-set-order']

/** What was done that nobody who saw could have meant. */
export async function playStale(scenario: Scenario, seed: number): Promise<string[]> {
  const quiet = new LateEyes(newChance(seed))
  const outcome = await play(scenario, 'never', quiet).catch((error: Error) => error)
  const busy = new LateEyes(newChance(seed + 1), brokenByUsers)
  await play(replacing(scenario, newChance(seed + 2)), 'never', busy)
  const failure = outcome instanceof Error ? [String(outcome)] : []
  return [...failure, ...quiet.violations, ...busy.violations].map(what => `${scenario.name}, seed ${seed}: ${what}`)
}

export const stale: SafetyCheck = {
  name: 'stale',
  claim: 'with caches that lag no newer object of the same name is deleted, and the invariants hold',
  async run({ long, seed, say }) {
    const findings: string[] = []
    for (const scenario of scenarios) {
      for (let run = 0; run < (long ? 10 : 1); run++) findings.push(...(await playStale(scenario, seed + 10 * run)))
      say(`  ${scenario.name}: ${findings.length} findings so far`)
    }
    return findings
  },
}
