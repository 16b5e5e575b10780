/** A store on a disk in memory, with a clock and chance of the test's own. */
import type { Clock, Random } from '../../src/machinery/clock.js'
import type { CrashFileSystem } from '../../src/storage/memory/crash-file-system.js'
import { type OpenedStore, openMemoryStorage, type StoreOptions } from '../../src/storage/memory/open.js'
import { silentLogger } from '../../src/telemetry/logger.js'

/** A clock that stands until `advance` moves it and runs what is due, in order. */
export interface FakeClock extends Clock {
  advance(ms: number): void
}

export function fakeClock(start = 1_700_000_000_000): FakeClock {
  let now = start
  let timers: { at: number; callback: () => void }[] = []
  return {
    now: () => now,
    monotonic: () => now - start,
    after(ms, callback) {
      const timer = { at: now + ms, callback }
      timers.push(timer)
      return {
        cancel() {
          timers = timers.filter(t => t !== timer)
        },
      }
    },
    advance(ms) {
      const end = now + ms
      for (;;) {
        const due = timers.filter(t => t.at <= end).sort((x, y) => x.at - y.at)[0]
        if (!due) break
        timers = timers.filter(t => t !== due)
        now = Math.max(now, due.at)
        due.callback()
      }
      now = end
    },
  }
}

/** The same numbers every time (mulberry32). */
export function seededRandom(seed: number): Random {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return { next, bytes: size => Uint8Array.from({ length: size }, () => Math.floor(next() * 256)) }
}

export const directory = '/store'

/** Each opening is a process of its own, whose predecessor is dead. */
export function openOn(disk: CrashFileSystem, options: Partial<StoreOptions> = {}): Promise<OpenedStore> {
  return openMemoryStorage({
    clock: fakeClock(),
    logger: silentLogger,
    fileSystem: disk,
    directory,
    processes: { pid: 1, identity: async () => undefined },
    onFatal: () => {},
    ...options,
  })
}
