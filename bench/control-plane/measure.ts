/** Wall time and CPU of what a control plane does by itself, to the end of what it does afterwards. */
import type { Sample } from '../bench.js'
import { cpuSeconds } from '../servers/server.js'
import type { ControlPlane, Spent } from './plane.js'

export const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

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
  plane: ControlPlane,
  operations: number,
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
  return { operations, wallMs, cpuMicros: ((cpuSeconds(plane.pids) - cpu) * 1e6) / operations }
}

const patienceMs = 60_000

/** Counts up to `total`; `all` rejects when nothing comes any more before that. */
export function countdown(what: string, total: number): { at(count: number): void; all: Promise<void> } {
  let timer: NodeJS.Timeout
  let at: (count: number) => void = () => {}
  const all = new Promise<void>((resolve, reject) => {
    let isOver = false
    at = count => {
      clearTimeout(timer)
      isOver ||= count >= total
      if (isOver) resolve()
      else timer = setTimeout(() => reject(new Error(`${count} of ${total} pods are ${what}, and no more`)), patienceMs)
    }
  })
  at(0)
  return { at, all }
}
