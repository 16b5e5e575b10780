import { describe, expect, test } from '@jest/globals'
import type { Clock } from '../../machinery/clock.js'
import type { ContainerStats, ContainerStatus } from '../runtime/types.js'
import { record, sandbox } from '../testing/pods.js'
import { cadvisorMetrics } from './cadvisor-metrics.js'
import { cpuOf, interfacesOf, type MachineStats, memoryOf } from './machine-stats.js'
import { nodeUsageOf } from './node-usage.js'
import { resourceMetrics } from './resource-metrics.js'
import { type Snapshot, StatsProvider } from './stats-provider.js'
import { summaryOf } from './summary.js'

test('cpuOf sums what is used, in nanoseconds', () => {
  expect(cpuOf('cpu  100 20 30 900 7 1 2 0 0 0\ncpu0 1 2\n')).toBe(1.53e9)
  expect(cpuOf('')).toBeUndefined()
})

test('memoryOf reads kibibytes', () => {
  expect(memoryOf('MemTotal:       24684096 kB\nInactive(file):  12 kB\n').get('Inactive(file)')).toBe(12_288)
})

test('interfacesOf reads both directions', () => {
  const text = 'Inter-|   Receive\n face |bytes packets\n  eth0: 10 1 2 0 0 0 0 0 30 3 4 0 0 0 0 0\n'
  expect(interfacesOf(text)).toEqual([{ name: 'eth0', rxBytes: 10, rxErrors: 2, txBytes: 30, txErrors: 4 }])
})

const machine = (cpu: number): MachineStats => ({
  cpuUsageNanoseconds: cpu,
  memoryAvailableBytes: 600,
  memoryUsageBytes: 500,
  memoryWorkingSetBytes: 400,
  memoryRssBytes: 300,
  fileSystem: { availableBytes: 1, capacityBytes: 2, usedBytes: 1, inodes: 3, inodesFree: 2, inodesUsed: 1 },
  pids: { max: 100, current: 7 },
  network: [],
})

const usage = (time: number, cpu: number): ContainerStats => ({
  time,
  cpuUsageNanoseconds: cpu,
  memoryUsageBytes: 2000,
  memoryWorkingSetBytes: 1000,
  memoryRssBytes: 900,
  pids: 3,
  network: [{ name: 'eth0', rxBytes: 11, txBytes: 12, rxErrors: 0, txErrors: 0 }],
})

/** Time goes on only where the provider waits. */
function provider(containers: ContainerStatus[], startedAt = 0) {
  let now = 100_000
  const asked: string[] = []
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after(ms, done) {
      now += ms
      done()
      return { cancel() {} }
    },
  }
  const stats = new StatsProvider({
    cache: { all: () => containers },
    clock,
    runtime: {
      async stats(id) {
        asked.push(id)
        if (id === 'gone') throw new Error('no such container')
        return usage(now, (now - startedAt) * 100_000)
      },
    },
    readMachine: async () => machine(now * 500_000),
  })
  return { stats, asked, pass: (ms: number) => void (now += ms) }
}

describe('StatsProvider', () => {
  const app = record({ id: 'a', startedAt: 0 })

  test('measures once for those who ask at about the same time', async () => {
    const { stats, asked, pass } = provider([app])
    await Promise.all([stats.latest(), stats.latest()])
    pass(1000)
    await stats.latest()
    expect(asked).toEqual(['a'])
    pass(5000)
    await stats.latest()
    expect(asked).toEqual(['a', 'a'])
  })

  test('has rates after a second at the latest', async () => {
    const { stats } = provider([app])
    const { windowMs, machineNanoCores, containers } = await stats.withRates()
    expect({ windowMs, machineNanoCores, rate: containers[0]?.nanoCores }).toEqual({
      windowMs: 1000,
      machineNanoCores: 500_000_000,
      rate: 100_000_000,
    })
  })

  test('compares a new container with its start', async () => {
    const containers = [app]
    const { stats, pass } = provider(containers)
    await stats.withRates()
    containers.push(record({ id: 'b', startedAt: 101_000 }))
    pass(10_000)
    const found = await stats.latest()
    expect(found.containers.map(({ nanoCores }) => nanoCores)).toEqual([100_000_000, expect.any(Number)])
  })

  test('leaves out what ended meanwhile, and what does not run', async () => {
    const { stats, asked } = provider([record({ id: 'gone' }), record({ id: 'old', state: 'exited' }), app])
    expect((await stats.latest()).containers.map(({ status }) => status.id)).toEqual(['a'])
    expect(asked).toEqual(['gone', 'a'])
  })
})

const snapshot: Snapshot = {
  time: 60_000,
  windowMs: 15_000,
  machine: machine(2e9),
  machineNanoCores: 5e8,
  containers: [
    { status: sandbox({ startedAt: 1000 }), stats: usage(60_000, 1e9), nanoCores: 1e6 },
    { status: record({ id: 'c-1', startedAt: 2000 }), stats: usage(60_000, 3e9), nanoCores: 2e6 },
  ],
}

test('/metrics/resource tells of containers, pods and the node', () => {
  expect(resourceMetrics(snapshot).split('\n')).toEqual(
    expect.arrayContaining([
      'container_cpu_usage_seconds_total{container="app",namespace="shop",pod="web"} 3 60000',
      'container_start_time_seconds{container="app",namespace="shop",pod="web"} 2',
      'node_cpu_usage_seconds_total 2 60000',
      'node_memory_working_set_bytes 400 60000',
      'pod_cpu_usage_seconds_total{namespace="shop",pod="web"} 4 60000',
      'pod_memory_working_set_bytes{namespace="shop",pod="web"} 2000 60000',
      'resource_scrape_error 0',
    ]),
  )
})

test('/metrics/cadvisor tells the network of the sandbox', () => {
  const facts = { cpus: 2, memory: 1000, machineId: 'm', systemUuid: 's', bootId: 'b' }
  const lines = cadvisorMetrics(snapshot, facts).split('\n')
  const labels = 'id="/kubepods/podu-1/box",image="app:1",interface="eth0",name="box",namespace="shop",pod="web"'
  expect(lines).toContain(`container_network_receive_bytes_total{container="",${labels}} 11 60000`)
  expect(lines).toContain('machine_cpu_cores{boot_id="b",machine_id="m",system_uuid="s"} 2')
  expect(lines.filter(line => line.startsWith('container_cpu_usage_seconds_total'))).toHaveLength(2)
})

test('/stats/summary adds containers up', () => {
  const { node, pods } = summaryOf(snapshot, { name: 'node-1', startTime: 0 })
  expect(node.memory).toMatchObject({ availableBytes: 600, workingSetBytes: 400 })
  expect(pods).toMatchObject([
    {
      podRef: { name: 'web', namespace: 'shop', uid: 'u-1' },
      startTime: '1970-01-01T00:00:01Z',
      containers: [{ name: 'app', cpu: { usageNanoCores: 2e6, usageCoreNanoSeconds: 3e9 } }],
      cpu: { usageNanoCores: 3e6 },
      network: { name: 'eth0', rxBytes: 11 },
      process_stats: { process_count: 6 },
    },
  ])
})

test('nodeUsageOf leaves sandboxes out', () => {
  expect(nodeUsageOf(snapshot)).toEqual({
    time: 60_000,
    windowMs: 15_000,
    cpuNanoCores: 5e8,
    memoryWorkingSetBytes: 400,
    containers: [{ namespace: 'shop', pod: 'web', container: 'app', cpuNanoCores: 2e6, memoryWorkingSetBytes: 1000 }],
  })
})
