/** `watch-laws`: watchers that come, go, sleep and resume hear of every write once and in order. */
import { onServers, type SafetyCheck } from '../check.js'
import { playWatches } from '../watch/play.js'

export const watchLaws: SafetyCheck = {
  name: 'watch-laws',
  claim:
    'watches are ordered, unique, reliable, atomic, resumable and bookmarkable; who is slow is closed, never given a gap',
  run(settings) {
    const { long, seed, say } = settings
    return onServers(settings, async servers => {
      const size = long ? { writes: 30_000, watchers: 60 } : { writes: 500, watchers: 14 }
      const namespace = `watch-laws-${process.pid}-${seed}`
      const report = await playWatches({ servers, seed, namespace, ...size })
      const { events, writes, connections, violations } = report
      say(`  ${writes} writes, ${events} events to ${size.watchers} watchers over ${connections} connections`)
      return violations
    })
  },
}
