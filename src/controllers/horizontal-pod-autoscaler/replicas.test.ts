import { describe, expect, test } from '@jest/globals'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { PodMetrics } from './metrics-client.js'
import { proposeByAverage, proposeByUtilization, proposeByValue, proposePerPod, type Workload } from './replicas.js'

const now = Date.UTC(2025, 0, 1, 1)
const at = (ms: number) => new Date(now + ms).toISOString()
const hour = 3_600_000

interface Shape {
  ready?: 'True' | 'False'
  phase?: string
  startedAt?: number
  changedAt?: number
  deleted?: boolean
}
const newPod = (name: string, shape: Shape = {}): Pod => {
  const { ready = 'True', phase = 'Running', startedAt = -hour, changedAt = -hour + 1000, deleted } = shape
  return {
    metadata: { name, ...(deleted && { deletionTimestamp: at(0) }) },
    spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '1' } } }] },
    status: {
      phase,
      startTime: at(startedAt),
      conditions: [{ type: 'Ready', status: ready, lastTransitionTime: at(changedAt) }],
    },
  }
}
const workload = (pods: Pod[], current = pods.length): Workload => ({
  pods,
  current,
  tolerances: { up: 0.1, down: 0.1 },
  delays: { cpuInitialization: 300_000, initialReadiness: 30_000 },
  now,
})
const measured = (...values: (number | undefined)[]): PodMetrics =>
  new Map(values.flatMap((value, i) => (value === undefined ? [] : [[`p${i}`, { value, at: now, window: 30_000 }]])))
const pods = (...shapes: Shape[]) => shapes.map((shape, i) => newPod(`p${i}`, shape))
const three = [{}, {}, {}]

describe('by utilization, the target being 30 %', () => {
  test.each([
    { name: 'more where more is used', shapes: three, values: [300, 500, 700], replicas: 5 },
    { name: 'as many within the tolerance', shapes: three, values: [310, 310, 310], replicas: 3 },
    { name: 'fewer where less is used', shapes: three, values: [100, 100, 100], replicas: 1 },
    {
      name: 'pods that are not ready count as idle on the way up',
      shapes: [{}, {}, { ready: 'False' as const, startedAt: -60_000, changedAt: -59_000 }],
      values: [600, 600, 1000],
      replicas: 4,
    },
    {
      name: 'pods without metrics count as idle on the way up',
      shapes: three,
      values: [600, 600, undefined],
      replicas: 4,
    },
    {
      name: 'pods without metrics count as busy on the way down',
      shapes: three,
      values: [100, 100, undefined],
      replicas: 3,
    },
    {
      name: 'pods that are pending count as idle on the way up',
      shapes: [{}, { phase: 'Pending' }],
      values: [600, undefined],
      replicas: 2,
    },
    { name: 'pods that go count for nothing', shapes: [{}, { deleted: true }], values: [900, 0], replicas: 3 },
    {
      name: 'a pod whose readiness changed within the window of its metric does not count',
      shapes: [{}, { startedAt: -60_000, changedAt: -10_000 }],
      values: [150, 900],
      replicas: 1,
    },
  ])('$name', ({ shapes, values, replicas }) => {
    const of = { resource: 'cpu', container: '' }
    expect(proposeByUtilization(measured(...values), 30, of, workload(pods(...shapes))).replicas).toBe(replicas)
  })

  test.each([
    { name: 'no pods', list: [], words: 'no pods returned by selector while calculating replica count' },
    {
      name: 'no pod is ready',
      list: pods({ phase: 'Pending' }),
      words: 'did not receive metrics for targeted pods (pods might be unready)',
    },
    {
      name: 'a container that requests nothing',
      list: [{ ...newPod('p0'), spec: { containers: [{ name: 'c', image: 'i' }] } }],
      words: 'missing request for cpu in container c of Pod p0',
    },
  ])('$name', ({ list, words }) => {
    const of = { resource: 'cpu', container: '' }
    expect(() => proposeByUtilization(measured(100), 30, of, workload(list))).toThrow(words)
  })

  test('tells use and share', () => {
    const of = { resource: 'cpu', container: '' }
    expect(proposeByUtilization(measured(100, 201), 30, of, workload(pods({}, {})))).toEqual({
      replicas: 1,
      usage: 150,
      utilization: 15,
    })
  })
})

test('by average', () => {
  expect(proposeByAverage(measured(10_000, 20_000), 5000, '', workload(pods({}, {})))).toEqual({
    replicas: 6,
    usage: 15_000,
  })
  expect(proposeByAverage(measured(10_000, undefined), 20_000, '', workload(pods({}, {})))).toEqual({
    replicas: 2,
    usage: 10_000,
  })
})

test.each([
  { name: 'twice the target', usage: 20_000, current: 3, expected: { replicas: 6, usage: 20_000 } },
  { name: 'within the tolerance', usage: 10_500, current: 3, expected: { replicas: 3, usage: 10_500 } },
  { name: 'from none', usage: 25_000, current: 0, expected: { replicas: 3, usage: 25_000 } },
])('by one value: $name', ({ usage, current, expected }) => {
  expect(proposeByValue(usage, 10_000, workload(pods({}, {}, {}), current))).toEqual(expected)
})

test('by one value shared out', () => {
  expect(proposePerPod(50_000, 10_000, workload([], 3))).toEqual({ replicas: 5, usage: 16_667 })
  expect(proposePerPod(31_000, 10_000, workload([], 3))).toEqual({ replicas: 3, usage: 10_334 })
})
