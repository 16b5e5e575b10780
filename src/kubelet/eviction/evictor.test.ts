import { describe, expect, test } from '@jest/globals'
import type { Pod, PodSpec } from '../../apis/generated/core-v1.js'
import { FakeClock } from '../../machinery/fake-clock.js'
import { silentLogger } from '../../telemetry/logger.js'
import type { MachineStats } from '../stats/machine-stats.js'
import { container, newPod } from '../testing/pods.js'
import { type EvictionConfig, Evictor } from './evictor.js'
import { thresholdsOf } from './thresholds.js'

const mebi = 2 ** 20
const hard = 'memory.available<100Mi,nodefs.available<10%,pid.available<10%'
const burstable: Partial<PodSpec> = { containers: [container('app', { resources: { requests: { cpu: '1' } } })] }

const machineWith = (memoryMi: number, diskPercent: number, freePids = 900): MachineStats =>
  ({
    memoryAvailableBytes: memoryMi * mebi,
    memoryWorkingSetBytes: (1000 - memoryMi) * mebi,
    fileSystem: { availableBytes: diskPercent, capacityBytes: 100, inodesFree: 50, inodes: 100 },
    pids: { max: 1000, current: 1000 - freePids },
  }) as MachineStats

function setUp(over: Partial<EvictionConfig> = {}) {
  const clock = new FakeClock()
  const told: string[] = []
  const world = {
    machine: machineWith(500, 50),
    afterReclaim: undefined as MachineStats | undefined,
    over: [] as Pod[],
  }
  const pods = new Map([
    ['greedy', 300],
    ['small', 10],
  ])
  const evictor = new Evictor(
    {
      clock,
      log: silentLogger,
      readMachine: async () => world.machine,
      usages: async () =>
        [...pods].map(([name, used]) => ({ pod: newPod({}, { name }), used: used * mebi, containers: new Map() })),
      overLimits: async () => world.over.map(pod => ({ pod, message: 'too much' })),
      reclaim: async () => {
        told.push('images are collected')
        world.machine = world.afterReclaim ?? world.machine
      },
      evict: ({ metadata }, { isDisruption }, grace) => {
        pods.delete(metadata.name ?? '')
        told.push(`${metadata.name} goes within ${grace}${isDisruption ? '' : ', its own fault'}`)
      },
      tell: (reason, message) => told.push(`${reason}: ${message}`),
      changed: () => told.push(`now: ${[...evictor.pressures].join() || 'none'}`),
    },
    {
      thresholds: thresholdsOf({ hard, soft: '', softGrace: '' }),
      transitionMs: 300_000,
      maxGraceSeconds: 0,
      ...over,
    },
  )
  return { clock, told, world, evictor, start: () => evictor.start() }
}

describe('a node that runs short', () => {
  test('of memory tells of it and ends one pod at a time, each with half a minute to go', async () => {
    const { clock, told, world, evictor, start } = setUp()
    await start()
    expect(told).toEqual([])
    world.machine = machineWith(90, 50)
    await clock.advance(10_000)
    const first = ['now: MemoryPressure', 'EvictionThresholdMet: Attempting to reclaim memory', 'greedy goes within 0']
    expect(told).toEqual(first)
    await clock.advance(20_000)
    expect(told).toEqual(first)
    await clock.advance(10_000)
    expect(told.slice(3)).toEqual(['EvictionThresholdMet: Attempting to reclaim memory', 'small goes within 0'])
    evictor.stop()
  })

  test('says that it is over only some time after it is', async () => {
    const { clock, told, world, evictor, start } = setUp()
    world.machine = machineWith(90, 50)
    await start()
    told.length = 0
    world.machine = machineWith(500, 50)
    await clock.advance(290_000)
    expect(told).toEqual([])
    await clock.advance(20_000)
    expect(told).toEqual(['now: none'])
    evictor.stop()
  })

  test('of disk collects images first, and spares the pods where that is enough', async () => {
    const { told, world, evictor, start } = setUp()
    world.machine = machineWith(500, 5)
    world.afterReclaim = machineWith(500, 30)
    await start()
    expect(told).toEqual([
      'now: DiskPressure',
      'EvictionThresholdMet: Attempting to reclaim ephemeral-storage',
      'images are collected',
    ])
    evictor.stop()
  })

  test('of disk, and no image is to spare: a pod goes', async () => {
    const { told, world, evictor, start } = setUp()
    world.machine = machineWith(500, 5)
    await start()
    expect(told.at(-1)).toBe('greedy goes within 0')
    evictor.stop()
  })

  test('of several things: memory goes before all else', async () => {
    const { told, world, evictor, start } = setUp()
    world.machine = machineWith(90, 5, 50)
    await start()
    expect(told.slice(0, 2)).toEqual([
      'now: MemoryPressure,DiskPressure,PIDPressure',
      'EvictionThresholdMet: Attempting to reclaim memory',
    ])
    evictor.stop()
  })

  test('softly: tells of it at once, waits, and lets pods end in their own time up to a limit', async () => {
    const thresholds = thresholdsOf({ hard: '', soft: 'memory.available<200Mi', softGrace: 'memory.available=1m' })
    const { clock, told, world, evictor, start } = setUp({ thresholds, maxGraceSeconds: 20 })
    world.machine = machineWith(150, 50)
    await start()
    expect(told).toEqual(['now: MemoryPressure'])
    await clock.advance(50_000)
    world.machine = machineWith(500, 50)
    await clock.advance(10_000)
    world.machine = machineWith(150, 50)
    await clock.advance(60_000)
    expect(told).toEqual(['now: MemoryPressure'])
    await clock.advance(10_000)
    expect(told.slice(1)).toEqual(['EvictionThresholdMet: Attempting to reclaim memory', 'greedy goes within 20'])
    evictor.stop()
  })
})

test('pods over a limit of their own go whatever is left; critical ones do not', async () => {
  const { told, world, evictor, start } = setUp()
  world.over = [newPod({}, { name: 'writer' }), newPod({ priority: 2_000_000_000 }, { name: 'critical' })]
  await start()
  expect(told).toEqual(['writer goes within 0, its own fault'])
  evictor.stop()
})

describe('pods that come meanwhile', () => {
  const tolerant: Partial<PodSpec> = {
    tolerations: [{ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' }],
  }
  test.each<[string, MachineStats, Partial<PodSpec>, string | undefined]>([
    ['nothing is short', machineWith(500, 50), {}, undefined],
    [
      'memory is short, best effort',
      machineWith(90, 50),
      {},
      'Pod was rejected: The node had condition: [MemoryPressure]. ',
    ],
    ['memory is short, best effort but tolerant', machineWith(90, 50), tolerant, undefined],
    ['memory is short, burstable', machineWith(90, 50), burstable, undefined],
    ['memory is short, critical', machineWith(90, 50), { priority: 2_000_000_001 }, undefined],
    [
      'disk is short, burstable',
      machineWith(500, 5),
      burstable,
      'Pod was rejected: The node had condition: [DiskPressure]. ',
    ],
    [
      'memory and disk are short, tolerant',
      machineWith(90, 5),
      tolerant,
      'Pod was rejected: The node had condition: [MemoryPressure DiskPressure]. ',
    ],
  ])('%s', async (_, machine, spec, message) => {
    const { world, evictor, start } = setUp()
    world.machine = machine
    await start()
    expect(evictor.refusalOf(newPod(spec))?.message).toBe(message)
    evictor.stop()
  })
})
