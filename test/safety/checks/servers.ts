/** `servers`: three API servers on one etcd are one, also while one of them is killed again and again. */
import { findEtcd } from '../../contract/etcd-server.js'
import type { CheckSettings, SafetyCheck } from '../check.js'
import { Fleet } from '../fleet/fleet.js'
import { newChance } from '../random.js'
import { playWatches } from '../watch/play.js'
import { playServers } from './linear.js'

const fleetSize = 3
/** A server that starts takes up the last 5,000 revisions: who wants more is told 410. */
const mostMissed = 4000

/** Runs the body while servers die and come back. */
async function amidKills<T>(fleet: Fleet, seed: number, body: () => Promise<T>): Promise<{ result: T; kills: number }> {
  const end = new AbortController()
  const killing = fleet.killAgainAndAgain(newChance(seed), end.signal)
  try {
    const result = await body()
    end.abort()
    return { result, kills: await killing }
  } finally {
    end.abort()
    await killing.catch(() => {})
  }
}

async function linear(fleet: Fleet, { long, seed, say }: CheckSettings): Promise<string[]> {
  const histories = long ? 20 : 2
  const { result, kills } = await amidKills(fleet, seed, async () => {
    const found: string[] = []
    for (let n = 0; n < histories; n++) {
      const namespace = `servers-linear-${process.pid}-${n}`
      found.push(...(await playServers(fleet.addresses, { seed: seed + n, operations: long ? 2000 : 1000, namespace })))
      if (long) say(`  linear: ${n + 1} of ${histories} histories`)
    }
    return found
  })
  say(`  linear: ${histories} histories over ${fleetSize} servers, ${kills} kills, ${result.length} violations`)
  return result
}

async function watchLaws(fleet: Fleet, { long, seed, say }: CheckSettings): Promise<string[]> {
  // In full length a million events; each takes three servers and etcd, of which one starts most of the time.
  const size = long ? { writes: 28_000, watchers: 60, say } : { writes: 1500, watchers: 14 }
  const { result, kills } = await amidKills(fleet, seed + 1, () =>
    playWatches({ servers: fleet.addresses, seed, namespace: `servers-watch-${process.pid}`, mostMissed, ...size }),
  )
  const { events, writes, connections, violations } = result
  say(
    `  watch-laws: ${writes} writes, ${events} events to ${size.watchers} watchers over ${connections} connections, ${kills} kills, ${violations.length} violations`,
  )
  return violations
}

export const servers: SafetyCheck = {
  name: 'servers',
  claim: `${fleetSize} API servers on one etcd hold linear and watch-laws while one is killed again and again`,
  async run(settings) {
    const { program, say } = settings
    if (!program) return ['the built command is needed']
    if (!findEtcd()) {
      say('  not played: there is no etcd; MINIK8S_STOCK_BIN names the directory of one')
      return []
    }
    const fleet = await Fleet.start(program, fleetSize)
    try {
      return [...(await linear(fleet, settings)), ...(await watchLaws(fleet, settings))]
    } finally {
      await fleet.stop()
    }
  },
}
