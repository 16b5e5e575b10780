/** `soak`: objects come and go for hours, and the process stays as it is. */
import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startMinik8s } from '../../../bench/servers/minik8s.js'
import { freePort } from '../../../bench/servers/processes.js'
import { Caller } from '../caller.js'
import type { SafetyCheck } from '../check.js'
import { collectedHeap } from '../heap.js'
import { playWatches } from '../watch/play.js'

const hour = 3_600_000
/** Megabytes an hour. */
const mostGrowth = 1
/** A log that is longer has not been replaced by snapshots. */
const mostStored = 256

interface Look {
  at: number
  heap: number
  descriptors: number
  stored: number
}

export const soak: SafetyCheck = {
  name: 'soak',
  claim: 'hours of churn leave memory, open files and the log as they were',
  async run({ long, seed, say, program }) {
    if (!program) return ['the built command is needed']
    const inspector = await freePort()
    const server = await startMinik8s({ inspector })
    const end = performance.now() + (long ? 8 * hour : 20_000)
    const look = async (): Promise<Look> => {
      const store = join(dirname(server.log), 'store')
      const bytes = readdirSync(store).reduce((sum, name) => sum + statSync(join(store, name)).size, 0)
      const [pid] = server.pids
      const descriptors = readdirSync(`/proc/${pid}/fd`).length
      return { at: performance.now(), heap: await collectedHeap(inspector), descriptors, stored: bytes / 2 ** 20 }
    }
    const churn = async (round: number): Promise<string[]> => {
      const namespace = `soak-${round}`
      const { violations } = await playWatches({
        servers: [server],
        seed: seed + round,
        namespace,
        writes: 500,
        watchers: 8,
      })
      const caller = new Caller([server])
      await caller.call({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` })
      caller.close()
      return violations
    }
    try {
      const violations: string[] = []
      let round = 0
      // History fills, code is compiled: what comes after five minutes counts.
      const warm = performance.now() + (long ? hour / 4 : 5_000)
      do violations.push(...(await churn(round++)))
      while (performance.now() < warm)
      const first = await look()
      do violations.push(...(await churn(round++)))
      while (performance.now() < end)
      const last = await look()
      const growth = ((last.heap - first.heap) / (last.at - first.at)) * hour
      say(`  ${round} rounds of 500 writes; heap ${first.heap.toFixed(1)} to ${last.heap.toFixed(1)} MB`)
      say(`  descriptors ${first.descriptors} to ${last.descriptors}, store ${last.stored.toFixed(0)} MB`)
      if (long && growth > mostGrowth) violations.push(`memory grows by ${growth.toFixed(1)} MB an hour`)
      if (last.descriptors > first.descriptors + 20)
        violations.push(`descriptors: ${first.descriptors}, then ${last.descriptors}`)
      if (last.stored > mostStored) violations.push(`the store has ${last.stored.toFixed(0)} MB`)
      return violations
    } finally {
      await server.stop()
    }
  },
}
