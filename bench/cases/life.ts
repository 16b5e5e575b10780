/** `start-full`, `memory` and `idle`: what a server costs by being there. */
import type { LifeBenchmark, Sample } from '../bench.js'
import { type BenchServer, cpuSeconds, residentBytes } from '../servers/server.js'
import { fillMany } from './objects.js'

async function restarted(server: BenchServer): Promise<Sample> {
  const wallMs = await server.restart()
  return { operations: 1, wallMs, cpuMicros: cpuSeconds(server.pids) * 1e6 }
}

export const startFull: LifeBenchmark = {
  ...{ name: 'start-full', unit: 'start', goal: 0.5, judged: 'wall', limit: 'log bytes at 150 MB/s and more' },
  ...{ sizes: [1_000, 10_000], longSizes: [50_000], prepare: fillMany, sample: restarted },
}

const settleMs = 10_000
const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

async function settled(server: BenchServer): Promise<Sample> {
  await sleep(settleMs)
  return { operations: 1, wallMs: 0, megabytes: residentBytes(server.pids) / 2 ** 20 }
}

export const memory: LifeBenchmark = {
  ...{ name: 'memory', unit: 'server', goal: 0.3, judged: 'memory', limit: '4 KB of JSON an object' },
  ...{ sizes: [0], sample: settled },
}

export const memoryFull: LifeBenchmark = {
  ...{ name: 'memory-full', unit: 'server', goal: 0.15, judged: 'memory', limit: '4 KB of JSON an object' },
  ...{ sizes: [10_000], prepare: fillMany, sample: settled },
}

const idleMs = 20_000

/** One operation is a second of doing nothing. */
export const idle: LifeBenchmark = {
  ...{ name: 'idle', unit: 'second', goal: 0.2, judged: 'cpu', limit: '0' },
  sizes: [0],
  async sample(server) {
    await sleep(settleMs)
    const cpu = cpuSeconds(server.pids)
    await sleep(idleMs)
    const cpuMicros = ((cpuSeconds(server.pids) - cpu) * 1e6) / (idleMs / 1000)
    return { operations: 1, wallMs: 0, cpuMicros, megabytes: residentBytes(server.pids) / 2 ** 20 }
  },
}
