/** History is let go by its age: what was written when is noted in steps of half a minute. */
import type { Clock, Timer } from '../machinery/clock.js'

/** Milliseconds between looks. Upstream compacts etcd every five minutes; finer steps keep less. */
const interval = 30_000

export interface AgingOptions {
  clock: Clock
  /** Milliseconds. */
  maxAge: number
  /** The newest revision. */
  revision(): number
  /** Called with the newest revision that is too old. */
  trim(revision: number): void
}

/** Returns what ends it. */
export function startAging({ clock, maxAge, revision, trim }: AgingOptions): () => void {
  /** Time at which a revision was the newest, oldest first. */
  const marks: { at: number; revision: number }[] = []
  let timer: Timer
  const look = () => {
    const now = clock.now()
    const old = marks.filter(mark => mark.at <= now - maxAge)
    if (old.length) {
      trim(old.at(-1)!.revision)
      marks.splice(0, old.length)
    }
    marks.push({ at: now, revision: revision() })
    timer = clock.after(interval, look)
  }
  look()
  return () => timer.cancel()
}
