/**
 * What every Prometheus client library says about its process, under the usual names. Read when scraped: prom-client's own default
 * metrics would wake the process a hundred times a second to watch its event loop.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { Counter, Gauge, type MetricRegistry } from './metrics.js'

interface ProcessFacts {
  /** Seconds of user and system time. */
  cpuSeconds(): number
  residentBytes(): number
  heapBytes(): number
  /** Undefined where the system does not tell. */
  openFiles(): number | undefined
  virtualBytes(): number | undefined
  startSeconds: number
}

/** Of this process. */
export const ownProcess = (): ProcessFacts => ({
  cpuSeconds() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  },
  residentBytes: () => process.memoryUsage.rss(),
  heapBytes: () => process.memoryUsage().heapUsed,
  openFiles: () => ifReadable(() => readdirSync('/proc/self/fd').length),
  virtualBytes: () =>
    ifReadable(() => Number(/VmSize:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024),
  startSeconds: Math.floor(Date.now() / 1000 - process.uptime()),
})

function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

export function registerProcessMetrics(metrics: MetricRegistry, facts: ProcessFacts): void {
  const gauge = (name: string, help: string, read: () => number | undefined) =>
    new Gauge({
      name,
      help,
      registers: [metrics],
      collect() {
        const value = read()
        if (value !== undefined) this.set(value)
      },
    })
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    registers: [metrics],
    collect() {
      this.reset()
      this.inc(facts.cpuSeconds())
    },
  })
  gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', facts.residentBytes)
  gauge('process_virtual_memory_bytes', 'Virtual memory size in bytes.', facts.virtualBytes)
  gauge('process_open_fds', 'Number of open file descriptors.', facts.openFiles)
  gauge(
    'process_start_time_seconds',
    'Start time of the process since unix epoch in seconds.',
    () => facts.startSeconds,
  )
  gauge('nodejs_heap_size_used_bytes', "Memory in use on JavaScript's heap in bytes.", facts.heapBytes)
}
