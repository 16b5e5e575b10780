/**
 * What every Prometheus client library says about its process, under the usual names. Read when scraped: prom-client's own default
 * metrics would wake the process a hundred times a second to watch its event loop.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { registerComputed } from './computed-metric.js'
import { Counter, Gauge, type MetricRegistry } from './metrics.js'

interface ProcessFacts {
  /** Seconds of user and system time. */
  cpuSeconds(): number
  residentBytes(): number
  heapBytes(): number
  /** Undefined where the system does not tell. */
  openFiles(): number | undefined
  virtualBytes(): number | undefined
  /** How many files may be open, and how much memory may be asked for. */
  limits(): { files: number | undefined; virtualBytes: number | undefined }
  /** That all of the process' network has received and sent. */
  network(): { received: number; sent: number } | undefined
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
  limits: () => ifReadable(readLimits) ?? { files: undefined, virtualBytes: undefined },
  network: () => ifReadable(readNetwork),
  startSeconds: Math.floor(Date.now() / 1000 - process.uptime()),
})

// As Prometheus' library: no limit is the largest there could be.
const limitOf = (text: string | undefined) =>
  text === 'unlimited' ? 2 ** 64 : text === undefined ? undefined : Number(text)

function readLimits() {
  const text = readFileSync('/proc/self/limits', 'utf8')
  const soft = (name: string) => limitOf(new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(text)?.[1])
  return { files: soft('Max open files'), virtualBytes: soft('Max address space') }
}

function readNetwork() {
  let received = 0
  let sent = 0
  for (const line of readFileSync('/proc/self/net/dev', 'utf8').split('\n').slice(2)) {
    const fields = line.split(':')[1]?.trim().split(/\s+/)
    received += Number(fields?.[0] ?? 0)
    sent += Number(fields?.[8] ?? 0)
  }
  return { received, sent }
}

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
  gauge('process_max_fds', 'Maximum number of open file descriptors.', () => facts.limits().files)
  gauge(
    'process_virtual_memory_max_bytes',
    'Maximum amount of virtual memory available in bytes.',
    () => facts.limits().virtualBytes,
  )
  for (const [direction, name, help] of [
    ['received', 'receive', 'Number of bytes received by the process over the network.'],
    ['sent', 'transmit', 'Number of bytes sent by the process over the network.'],
  ] as const)
    registerComputed(metrics, {
      name: `process_network_${name}_bytes_total`,
      help,
      type: 'counter',
      values: () => [{ labels: {}, value: facts.network()?.[direction] ?? 0 }],
    })
  gauge('process_open_fds', 'Number of open file descriptors.', facts.openFiles)
  gauge(
    'process_start_time_seconds',
    'Start time of the process since unix epoch in seconds.',
    () => facts.startSeconds,
  )
  gauge('nodejs_heap_size_used_bytes', "Memory in use on JavaScript's heap in bytes.", facts.heapBytes)
}
