/** Wall time and CPU of what a control plane does by itself, to the end of what it does afterwards. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Sample } from '../bench.js'
import { cpuSeconds } from '../servers/server.js'
import type { ControlPlane, Spent } from './plane.js'
import type { Trial } from './trial.js'

/** A share of a core: stock components alone take 5 to 6 %. */
const quietShare = 0.12
const windowMs = 500
const longestMs = 15_000

/** Resolves when little is done any more: events are written, caches have caught up. */
export async function quiet({ pids }: ControlPlane): Promise<void> {
  const end = performance.now() + longestMs
  for (let before = cpuSeconds(pids); performance.now() < end; ) {
    await pause(windowMs)
    const now = cpuSeconds(pids)
    if ((now - before) * 1000 < quietShare * windowMs) return
    before = now
  }
}

/** CPU goes on to be counted until all is quiet, wall time does not. `work` may call `begin` with what is to be counted besides. */
export async function measurePlane(
  { plane, pods }: Trial,
  work: (begin: (spent: Spent) => void) => Promise<void>,
): Promise<Sample> {
  let began = performance.now()
  let cpu = cpuSeconds(plane.pids)
  await work(spent => {
    began = performance.now() - spent.wallMs
    cpu = cpuSeconds(plane.pids) - spent.cpuSeconds
  })
  const wallMs = performance.now() - began
  await quiet(plane)
  return { operations: pods, wallMs, cpuMicros: ((cpuSeconds(plane.pids) - cpu) * 1e6) / pods }
}

const patienceMs = 60_000
const tellEveryMs = 10_000

export interface Countdown {
  /** So many are there by now. */
  at(count: number): void
  /** Resolves at all pods of the trial; rejects when none comes any more before that, or the trial is over. */
  all: Promise<void>
}

/** Counts pods up to all of the trial's, and tells how far it has come. */
export function countdown(what: string, { pods, signal, say }: Pick<Trial, 'pods' | 'signal' | 'say'>): Countdown {
  let reached = 0
  let since = performance.now()
  let timer: NodeJS.Timeout | undefined
  let resolve: () => void = () => {}
  const reachesAll = new Promise<void>((done, reject) => {
    resolve = done
    timer = setInterval(() => {
      const progress = `${reached} of ${pods} pods are ${what}`
      say(progress)
      if (performance.now() - since > patienceMs) reject(new Error(`${progress}, and no more`))
    }, tellEveryMs)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  return {
    at(count) {
      if (count !== reached) since = performance.now()
      reached = count
      if (count >= pods) resolve()
    },
    all: reachesAll.finally(() => clearInterval(timer)),
  }
}
