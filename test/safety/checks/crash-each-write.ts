/** `crash-each-write`: controllers are killed after each of their writes and begin anew; nothing is made or removed twice. */
import type { CheckSettings, SafetyCheck } from '../check.js'
import { differences, type Kill, type Outcome, play } from '../controllers/crash-each-write.js'
import type { Scenario } from '../controllers/scenario.js'
import { scenarios } from '../controllers/scenarios/index.js'

/** Of a line that differs, so much is shown. */
const shownLength = 300

async function playKill(scenario: Scenario, kill: Kill, undisturbed: Outcome): Promise<[deaths: number, ...string[]]> {
  const write = typeof kill === 'number' ? undisturbed.writes[kill] : undefined
  const when = write ? `write ${kill}, ${write.account} ${write.verb} ${write.resource}` : 'each write'
  const tell = (what: string) => `${scenario.name}, killed after ${when}: ${what.slice(0, shownLength)}`
  try {
    const outcome = await play(scenario, kill)
    return [outcome.deaths, ...[...differences(undisturbed, outcome), ...outcome.violations].map(tell)]
  } catch (error) {
    return [0, tell(String(error))]
  }
}

/** Kills after all writes of a run; with `long` also in runs of their own after one write alone. */
async function crash(scenario: Scenario, { long, say }: CheckSettings): Promise<string[]> {
  const undisturbed = await play(scenario, 'never')
  const kills: Kill[] = ['each', ...(long ? undisturbed.writes.keys() : [])]
  const findings = [
    ...undisturbed.idle.map(write => `${scenario.name}: a write that changes nothing: ${write}`),
    ...undisturbed.violations.map(what => `${scenario.name}: ${what}`),
  ]
  let killed = 0
  for (const kill of kills) {
    const [deaths, ...found] = await playKill(scenario, kill, undisturbed)
    killed += deaths
    findings.push(...found)
  }
  say(`  ${scenario.name}: ${killed} kills in ${kills.length} runs`)
  return findings
}

export const crashEachWrite: SafetyCheck = {
  name: 'crash-each-write',
  claim:
    'controllers killed after each of their writes come to the same end, with as many creates and deletes, within the invariants',
  async run(settings) {
    const findings: string[] = []
    for (const scenario of scenarios) findings.push(...(await crash(scenario, settings)))
    return findings
  },
}
