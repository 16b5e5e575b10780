/** `self-healing`: machines, containers, kubelets, scheduler and controllers die at random while workloads run. */
import type { SafetyCheck } from '../check.js'
import { playSelfHealing } from '../self-healing/play.js'

export const selfHealing: SafetyCheck = {
  name: 'self-healing',
  claim: 'whatever dies, the invariants hold at every write, and in the end all is as it was asked for',
  async run({ long, seed, say }) {
    const findings: string[] = []
    for (let run = 0; run < (long ? 30 : 3); run++) {
      const outcome = await playSelfHealing({ seed: seed + run, blows: long ? 60 : 15 })
      findings.push(...outcome.findings)
      const figures = [
        `${outcome.observed} writes looked at`,
        `${outcome.findings.length} findings`,
        outcome.done.join(', '),
        `${Math.round(outcome.healedMs / 1000)} s after the last one all was well`,
      ]
      say(`  seed ${seed + run}: ${figures.join('; ')}`)
    }
    return findings
  },
}
