/** `linear`: whatever clients do at the same time, there is one order that explains all they were told. */
import { type CheckSettings, onServers, type SafetyCheck, type ServerAddress } from '../check.js'
import { type EngineKind, engineKinds, engineTarget, nextSeed } from '../linear/engines.js'
import { judgeHistory } from '../linear/judge.js'
import { playLinear } from '../linear/play.js'
import { ServerTarget } from '../linear/server-target.js'
import { makeNamespace } from '../namespace.js'
import { newChance } from '../random.js'

const clients = 8
const keys = ['a', 'b', 'c', 'd', 'e', 'f']
const operations = 2000

interface Length {
  histories: number
  operations: number
}

const told = (seed: number) => (violation: string) => `seed ${seed}: ${violation}`

/** Plays histories on the engine itself. */
async function playEngine({ name, open }: EngineKind, length: Length, settings: CheckSettings): Promise<string[]> {
  const seeds = newChance(settings.seed)
  const violations: string[] = []
  for (let n = 0; n < length.histories; n++) {
    const seed = n === 0 ? settings.seed : nextSeed(seeds)
    const engine = await open(seed)
    const targets = Array.from({ length: clients }, () => engineTarget(engine))
    const history = await playLinear({ targets, keys, operations: length.operations, chance: newChance(seed) })
    await engine.close()
    violations.push(...judgeHistory(history, keys).map(told(seed)))
  }
  settings.say(
    `  ${name}: ${length.histories} histories of ${length.operations} operations, ${violations.length} violations`,
  )
  return violations
}

/** Plays one history over HTTP, the clients spread over the servers. */
export async function playServers(
  servers: readonly ServerAddress[],
  { seed, operations, namespace }: { seed: number; operations: number; namespace: string },
): Promise<string[]> {
  await makeNamespace(servers, namespace)
  const targets = Array.from({ length: clients }, (_, first) => new ServerTarget(servers, { first, namespace, keys }))
  try {
    const history = await playLinear({ targets, keys, operations, chance: newChance(seed) })
    if (history.length < operations / 2) return [told(seed)(`only ${history.length} of ${operations} were answered`)]
    return judgeHistory(history, keys).map(told(seed))
  } finally {
    for (const target of targets) target.close()
  }
}

export const linear: SafetyCheck = {
  name: 'linear',
  claim: 'one order of all operations explains what every client was told, on each engine and over HTTP',
  async run(settings) {
    const { long, seed, servers, say } = settings
    const violations: string[] = []
    const length: Length = { histories: long ? 100 : 3, operations }
    if (!servers.length) for (const kind of engineKinds) violations.push(...(await playEngine(kind, length, settings)))
    await onServers(settings, async some => {
      const histories = long ? 20 : 1
      const found: string[] = []
      for (let n = 0; n < histories; n++) {
        const namespace = `linear-${process.pid}-${seed}-${n}`
        found.push(...(await playServers(some, { seed: seed + n, operations: long ? operations : 600, namespace })))
      }
      say(`  over HTTP, ${some.length} servers: ${histories} histories, ${found.length} violations`)
      violations.push(...found)
    })
    return violations
  },
}
