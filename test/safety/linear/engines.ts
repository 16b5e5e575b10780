/** The storage engines as stores under test; the one with a log loses its power again and again. */
import { FakeClock, SeededRandom } from '../../../src/machinery/fake-clock.js'
import { CrashFileSystem } from '../../../src/storage/memory/crash-file-system.js'
import { newMemoryStorage, openMemoryStorage } from '../../../src/storage/memory/open.js'
import { KeyConflict, type Storage } from '../../../src/storage/storage.js'
import { silentLogger } from '../../../src/telemetry/logger.js'
import type { Chance } from '../random.js'
import type { Version } from './history.js'
import { type LinearTarget, NotDone, Refused } from './target.js'

/** An engine that is running now; it may be another one after a crash. */
export interface Engine {
  storage(): Promise<Storage>
  close(): Promise<void>
}

export interface EngineKind {
  name: string
  /** An empty one. `seed` decides when it fails. */
  open(seed: number): Promise<Engine>
}

const prefix = '/registry/configmaps/linear/'
const encode = (value: string) => new TextEncoder().encode(value)
const versionOf = (stored: { bytes: Uint8Array; modRevision: number }): Version => ({
  revision: stored.modRevision,
  value: new TextDecoder().decode(stored.bytes),
})

const refusalOf = (error: unknown): unknown => (error instanceof KeyConflict ? new Refused(error.message) : error)

/** What a dead engine says does not count: its process would not have said it. */
export function engineTarget(engine: Engine): LinearTarget {
  const read = async <T>(act: (storage: Storage) => Promise<T>): Promise<T> => {
    const storage = await engine.storage()
    const result = await act(storage)
    if ((await engine.storage()) !== storage) throw new NotDone('the engine crashed meanwhile')
    return result
  }
  const write = async <T>(act: (storage: Storage) => Promise<T>): Promise<T> => {
    const storage = await engine.storage()
    try {
      return await act(storage)
    } catch (error) {
      throw refusalOf(error)
    }
  }
  return {
    get: key =>
      read(async storage => {
        const stored = await storage.get(prefix + key)
        return stored && versionOf(stored)
      }),
    put: (key, value, expect) =>
      write(async storage => (await storage.put(prefix + key, encode(value), { expect })).modRevision),
    delete: (key, expect) => write(async storage => void (await storage.delete(prefix + key, { expect }))),
    list: () =>
      read(async storage => {
        const { items, revision } = await storage.list(prefix)
        return { revision, items: new Map(items.map(item => [item.key.slice(prefix.length), versionOf(item)])) }
      }),
  }
}

/** Writes between two crashes, at most. */
const mostWrites = 150

/** With a log on a disk that loses its power, and snapshots often. */
async function openCrashing(seed: number): Promise<Engine> {
  const random = new SeededRandom(seed)
  const disk = new CrashFileSystem(random)
  const open = async (): Promise<Storage> => {
    for (;;) {
      disk.failAfter(5 + Math.floor(random.next() * mostWrites), 'power-loss')
      try {
        const { storage } = await openMemoryStorage({
          ...{ clock: new FakeClock(), logger: silentLogger, fileSystem: disk, directory: '/store' },
          processes: { pid: 1, identity: async () => undefined },
          snapshotAfterBytes: 4000,
          onFatal: () => {
            current = restart(storage)
          },
        })
        return storage
      } catch {
        disk.restart()
      }
    }
  }
  const restart = async (dead: Storage): Promise<Storage> => {
    await dead.close().catch(() => {})
    disk.restart()
    return open()
  }
  let current: Promise<Storage> = open()
  return { storage: () => current, close: async () => (await current).close().catch(() => {}) }
}

async function openMemory(): Promise<Engine> {
  const storage = newMemoryStorage(new FakeClock())
  return { storage: async () => storage, close: () => storage.close() }
}

export const engineKinds: readonly EngineKind[] = [
  { name: 'memory without a disk', open: openMemory },
  { name: 'memory with a log that crashes', open: openCrashing },
]

/** Seeds for the histories of one run. */
export const nextSeed = (chance: Chance): number => chance.below(2 ** 31)
