/**
 * Gives memory back when there is nothing else to do. V8 lets garbage lie until it needs the room: after a start, or ten thousand objects,
 * a fifth to a quarter of the process is garbage, and stays so for as long as it idles.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from '../machinery/clock.js'

const tickMs = 1000
/** Of a core, in a tick that counts as quiet. */
const quietShare = 0.1
/** A pause is no rest: the next burst of work is an eighth slower for a collection before it (bench/results/hot-paths.md). */
const quietTicks = 6
/** A collection is worth its pause when so much has come since the last. */
const growth = { factor: 1.2, bytes: 4 << 20 }

export interface IdleCollectionDeps {
  clock: Pick<Clock, 'after' | 'monotonic'>
  /** Of this process since it began. */
  cpuMicros(): number
  heapBytes(): number
  collect(): void
}

/** Looks once a second, for as long as the clock's timers run. */
export function collectWhenIdle({ clock, cpuMicros, heapBytes, collect }: IdleCollectionDeps): void {
  let seen = { cpu: cpuMicros(), at: clock.monotonic() }
  let quiet = 0
  let kept = 0
  const tick = () => {
    const now = { cpu: cpuMicros(), at: clock.monotonic() }
    const share = (now.cpu - seen.cpu) / 1000 / (now.at - seen.at)
    quiet = share < quietShare ? quiet + 1 : 0
    if (quiet >= quietTicks && heapBytes() > kept * growth.factor + growth.bytes) {
      collect()
      kept = heapBytes()
      quiet = 0
    }
    seen = { cpu: cpuMicros(), at: clock.monotonic() }
    clock.after(tickMs, tick)
  }
  clock.after(tickMs, tick)
}

/** Of this process. */
export function processMemory(): Omit<IdleCollectionDeps, 'clock'> {
  let collect: (() => void) | undefined
  return {
    cpuMicros() {
      const { user, system } = process.cpuUsage()
      return user + system
    },
    heapBytes: () => getHeapStatistics().used_heap_size,
    collect() {
      if (!collect) {
        setFlagsFromString('--expose-gc')
        collect = runInNewContext('gc') as () => void
      }
      collect()
    },
  }
}
