/** `kill9`: the server's process is killed again and again while clients write and watch. */
import { startMinik8s } from '../../../bench/servers/minik8s.js'
import type { SafetyCheck } from '../check.js'
import { newChance } from '../random.js'
import { playWatches } from '../watch/play.js'

/** Milliseconds that a process lives, at most. */
const longestLife = 2000
const writers = 32
/** A second of its life: fewer would not be the load that was meant. */
const fewestWrites = 200

export const kill9: SafetyCheck = {
  name: 'kill9',
  claim:
    'no kill loses an acknowledged write, nor an event of those who watch, and what was under way is all or nothing',
  async run({ long, seed, say, program }) {
    if (!program) return ['the built command is needed']
    const kills = long ? 200 : 5
    const chance = newChance(seed)
    const server = await startMinik8s()
    let alive = 0
    const meanwhile = async () => {
      for (let kill = 0; kill < kills; kill++) {
        const life = 100 + chance.below(longestLife)
        await new Promise(resolve => setTimeout(resolve, life))
        alive += life
        await server.restart('SIGKILL')
        if (kill % 20 === 19) say(`  ${kill + 1} kills`)
      }
    }
    try {
      const size = { writes: 0, watchers: 8, writers, mayExpire: true, meanwhile }
      const report = await playWatches({ servers: [server], seed, namespace: 'kill9', ...size })
      const rate = Math.round((report.writes / alive) * 1000)
      say(`  ${kills} kills, ${report.writes} writes (${rate}/s of its life), ${report.events} events to 8 watchers`)
      say(`  ${report.connections} connections, ${report.expired} began again after a 410`)
      if (long && rate < fewestWrites) report.violations.push(`only ${rate} writes a second`)
      return report.violations
    } finally {
      await server.stop()
    }
  },
}
