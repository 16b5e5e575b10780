/** `soak`: objects come and go for hours, and the process stays as it is. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Minik8sServer, startMinik8s } from '../../../bench/servers/minik8s.js'
import { freePort } from '../../../bench/servers/processes.js'
import { Caller } from '../caller.js'
import type { CheckSettings, SafetyCheck } from '../check.js'
import { collectedMemory } from '../memory.js'
import { playWatches } from '../watch/play.js'

const hour = 3_600_000
const minute = 60_000
/** Megabytes an hour. */
const mostGrowth = 1
/** A slope taken of less says nothing about an hour: what a collection leaves behind differs by a few hundred kilobytes. */
const leastMeasured = hour / 2
/** A log that is longer has not been replaced by snapshots. */
const mostStored = 256
/**
 * What the server keeps of its history is as much as was written lately, which hangs on how fast this machine is just then: a
 * look is taken when all of it is forgotten. Seconds that history is kept, milliseconds until it surely is gone.
 */
const historySeconds = 30
const rest = 2.25 * minute
const roundsBetweenLooks = 30
/** The share of the time after which code is compiled: what comes then counts. */
const warmUpShare = 4

/** How the process was at a moment; sizes in megabytes. */
interface Look {
  at: number
  /** In the heap and outside of it, after a collection. */
  used: number
  resident: number
  descriptors: number
  stored: number
}

async function look(server: Minik8sServer, inspector: number): Promise<Look> {
  const store = join(dirname(server.log), 'store')
  const bytes = readdirSync(store).reduce((sum, name) => sum + statSync(join(store, name)).size, 0)
  const [pid] = server.pids
  const used = await collectedMemory(inspector)
  const resident = residentOf(pid!)
  const descriptors = readdirSync(`/proc/${pid}/fd`).length
  return { at: performance.now(), used, resident, descriptors, stored: bytes / 2 ** 20 }
}

function residentOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}

/** Of the line that comes nearest to all looks, megabytes an hour. */
function slopeOf(looks: readonly Look[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const at = mean(looks.map(each => each.at))
  const used = mean(looks.map(each => each.used))
  const spread = looks.reduce((sum, each) => sum + (each.at - at) ** 2, 0)
  return (looks.reduce((sum, each) => sum + (each.at - at) * (each.used - used), 0) / spread) * hour
}

/** One round: a namespace with its objects comes, is watched, and goes. */
async function churn(server: Minik8sServer, seed: number, round: number): Promise<string[]> {
  const namespace = `soak-${round}`
  const { violations } = await playWatches({
    servers: [server],
    seed: seed + round,
    namespace,
    writes: 500,
    watchers: 8,
    // History is short here.
    mayExpire: true,
  })
  const caller = new Caller([server])
  await caller.call({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` })
  caller.close()
  return violations
}

function judge(looks: readonly Look[], say: CheckSettings['say']): string[] {
  const [first, last] = [looks[0]!, looks.at(-1)!]
  const measured = last.at - first.at
  const slope = slopeOf(looks)
  say(`  over ${(measured / minute).toFixed(1)} minutes after the warm-up, ${looks.length} looks:`)
  say(`  used ${first.used.toFixed(1)} to ${last.used.toFixed(1)} MB, ${slope.toFixed(2)} MB an hour`)
  say(`  resident ${first.resident.toFixed(0)} to ${last.resident.toFixed(0)} MB`)
  say(`  descriptors ${first.descriptors} to ${last.descriptors}, store ${last.stored.toFixed(0)} MB`)
  const found: string[] = []
  if (measured >= leastMeasured && slope > mostGrowth) found.push(`memory grows by ${slope.toFixed(1)} MB an hour`)
  if (last.descriptors > first.descriptors + 20)
    found.push(`descriptors: ${first.descriptors}, then ${last.descriptors}`)
  const stored = Math.max(...looks.map(each => each.stored))
  if (stored > mostStored) found.push(`the store had ${stored.toFixed(0)} MB`)
  return found
}

/** Some rounds, one after the other. Resolves with what was found. */
async function exert(server: Minik8sServer, seed: number, rounds: { from: number; count: number }): Promise<string[]> {
  const violations: string[] = []
  for (let n = 0; n < rounds.count; n++) violations.push(...(await churn(server, seed, rounds.from + n)))
  return violations
}

export const soak: SafetyCheck = {
  name: 'soak',
  claim: 'hours of churn leave memory, open files and the log as they were',
  async run({ long, minutes = long ? 480 : 1 / 3, seed, say, program }) {
    if (!program) return ['the built command is needed']
    const inspector = await freePort()
    const flags = ['--etcd-compaction-interval', `${historySeconds}s`]
    const server = await startMinik8s({ inspector, flags })
    const isPaced = minutes >= 1
    const count = isPaced ? roundsBetweenLooks : 1
    const began = performance.now()
    const warm = began + (minutes * minute) / warmUpShare
    const end = began + minutes * minute
    const looks: Look[] = []
    const violations: string[] = []
    let from = 0
    try {
      do {
        violations.push(...(await exert(server, seed, { from, count })))
        from += count
        if (isPaced) await new Promise(resolve => setTimeout(resolve, rest))
        const last = await look(server, inspector)
        if (isPaced)
          say(
            `  ${from} rounds: used ${last.used.toFixed(2)}, resident ${last.resident.toFixed(0)}, store ${last.stored.toFixed(0)} MB, ${last.descriptors} descriptors`,
          )
        if (performance.now() >= warm) looks.push(last)
      } while (performance.now() < end || looks.length < 2)
      say(`  ${from} rounds of 500 writes`)
      return [...violations, ...judge(looks, say)]
    } finally {
      await server.stop()
    }
  },
}
