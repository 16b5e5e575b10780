/** How fast the storage engine writes durably and how fast it starts, in process on a real disk. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { nodeFileSystem } from '../src/storage/memory/node-file-system.js'
import { nodeProcesses } from '../src/storage/memory/node-processes.js'
import { openMemoryStorage } from '../src/storage/memory/open.js'
import type { Storage } from '../src/storage/storage.js'
import { type Logger, silentLogger } from '../src/telemetry/logger.js'

/** The system's. */
export const benchClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms: number, callback: () => void) {
    const timer = setTimeout(callback, ms).unref()
    return { cancel: () => clearTimeout(timer) }
  },
}
export const benchRandom = { next: Math.random, bytes: (size: number) => randomBytes(size) }
export const benchLogger: Logger = { ...silentLogger, error: console.error, child: () => benchLogger }

/** Opens a store that ends the run when the disk fails. */
export const openBenchStore = (directory: string) =>
  openMemoryStorage({
    clock: benchClock,
    logger: benchLogger,
    fileSystem: nodeFileSystem,
    processes: nodeProcesses,
    directory,
    onFatal(error) {
      throw error
    },
  })

const letters = Uint8Array.from({ length: 4096 }, (_, i) => 97 + (i % 26))
const newValue = (size: number) => letters.slice(0, size)

export interface Load {
  writers: number
  total: number
  size: number
}

/** Resolves with the milliseconds that it took. */
export async function writeLoad(storage: Storage, { writers, total, size }: Load): Promise<number> {
  let next = 0
  const began = performance.now()
  const writer = async () => {
    for (let n = next++; n < total; n = next++)
      await storage.put(`/registry/pods/default/pod-${String(n).padStart(7, '0')}`, newValue(size))
  }
  await Promise.all(Array.from({ length: writers }, writer))
  return performance.now() - began
}

async function withStore(parent: string, use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(parent, 'bench-store-'))
  try {
    await use(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Prints a line for each load, then for a start on 50,000 objects. `parent` lies on the disk to measure. */
export async function benchStorage(parent: string): Promise<void> {
  const loads: Load[] = [1, 16, 64].flatMap(writers =>
    [1024, 4096].map(size => ({ writers, size, total: writers === 1 ? 2000 : 40_000 })),
  )
  for (const load of loads)
    await withStore(parent, async directory => {
      const { storage } = await openBenchStore(directory)
      const ms = await writeLoad(storage, load)
      await storage.close()
      const rate = Math.round((load.total / ms) * 1000)
      console.log(`put: ${load.writers} writers, ${load.size} bytes: ${rate}/s durable`)
    })
  await withStore(parent, async directory => {
    const first = await openBenchStore(directory)
    await writeLoad(first.storage, { writers: 64, total: 50_000, size: 4096 })
    await first.storage.close()
    const { storage, recovery } = await openBenchStore(directory)
    console.log(
      `start: ${recovery.objects} objects of 4096 bytes (${recovery.records} from the log): ${recovery.milliseconds.toFixed(0)} ms`,
    )
    await storage.close()
  })
}
