/** One round on one control plane, with a clear end: it is over when it has its samples, and it fails at once when it never will. */
import { existsSync, readFileSync } from 'node:fs'
import type { ControlPlane } from './plane.js'

export interface Trial {
  plane: ControlPlane
  nodes: number
  pods: number
  /** Aborted when the trial is over, or cannot succeed any more; the reason says why. */
  signal: AbortSignal
  /** Tells how far it has come. */
  say(line: string): void
}

/** Stock takes about three for the largest sizes on two cores. */
const longestMs = 8 * 60_000
const lookMs = 1_000
const shownLines = 4

const tailOf = (file: string): string => {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
  return lines
    .slice(-shownLines)
    .map(line => `  ${line.slice(0, 300)}`)
    .join('\n')
}

/** Calls back when one of the plane's processes has gone without being told to: one look alone may fall into a restart. */
function watchProcesses(plane: ControlPlane, onDeath: (error: Error) => void): () => void {
  let missing: readonly number[] = []
  const timer = setInterval(() => {
    const gone = plane.pids.filter(pid => !existsSync(`/proc/${pid}`))
    const dead = gone.find(pid => missing.includes(pid))
    missing = gone
    if (dead !== undefined) onDeath(new Error(`a process of ${plane.name} (${dead}) has ended`))
  }, lookMs)
  return () => clearInterval(timer)
}

/** Rejects with what went wrong and the ends of the plane's logs. */
export async function runTrial<T>(trial: Omit<Trial, 'signal'>, sample: (trial: Trial) => Promise<T>): Promise<T> {
  const { plane } = trial
  const end = new AbortController()
  const { signal } = end
  const timer = setTimeout(() => end.abort(new Error(`not done after ${longestMs / 60_000} minutes`)), longestMs)
  const unwatch = watchProcesses(plane, error => end.abort(error))
  try {
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    return await Promise.race([sample({ ...trial, signal }), aborted])
  } catch (error) {
    const logs = plane.logs.map(file => `${file}:\n${tailOf(file)}`).join('\n')
    throw new Error(`${(error as Error).message}\n${logs}`, { cause: error })
  } finally {
    clearTimeout(timer)
    unwatch()
    end.abort(new Error('the trial is over'))
  }
}
