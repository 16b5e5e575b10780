/** A server under measurement: started as processes of its own, reached over TLS. */
import { readFileSync } from 'node:fs'
import type { SecureClientSessionOptions } from 'node:http2'

export interface BenchServer {
  /** `minik8s` or `stock`. */
  name: string
  /** Origin, such as https://127.0.0.1:6443. */
  url: string
  tls: SecureClientSessionOptions
  headers: Record<string, string>
  /** Processes that do the server's work; the stock server's include etcd. */
  pids: readonly number[]
  /** Milliseconds from the first exec to `/readyz` 200. */
  startMs: number
  stop(): Promise<void>
}

const clockTicksPerSecond = 100

/** CPU seconds, user and system, that these processes have used (fields 14 and 15 of /proc/PID/stat). */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    ticks += Number(fields[11]) + Number(fields[12])
  }
  return ticks / clockTicksPerSecond
}
