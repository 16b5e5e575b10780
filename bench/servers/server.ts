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
  /** Stops it and starts it again on what it has stored; resolves with the milliseconds from exec to `/readyz` 200. */
  restart(): Promise<number>
  stop(): Promise<void>
}

/** Resident memory of these processes, in bytes (`VmRSS` of /proc/PID/status). */
export function residentBytes(pids: readonly number[]): number {
  let kilobytes = 0
  for (const pid of pids) kilobytes += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  return kilobytes * 1024
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
