import { expect, test } from '@jest/globals'
import { usageOfSummary } from './kubelet-summary.js'

const time = '2026-01-01T00:00:00Z'
const of = (usageNanoCores: number | undefined, workingSetBytes: number) => ({
  cpu: { time, ...(usageNanoCores !== undefined && { usageNanoCores }) },
  memory: { workingSetBytes },
})

test('a summary becomes the usage of the node and of the containers that were measured', () => {
  const containers = [
    { name: 'main', ...of(7, 8) },
    { name: 'new', ...of(undefined, 9) },
  ]
  expect(
    usageOfSummary({ node: of(5, 6), pods: [{ podRef: { namespace: 'shop', name: 'web' }, containers }] }),
  ).toEqual({
    time: Date.parse(time),
    windowMs: 10_000,
    cpuNanoCores: 5,
    memoryWorkingSetBytes: 6,
    containers: [{ namespace: 'shop', pod: 'web', container: 'main', cpuNanoCores: 7, memoryWorkingSetBytes: 8 }],
  })
})

test('a node that was not measured yet has none', () => {
  expect(usageOfSummary({ node: of(undefined, 6) })).toBeUndefined()
})
