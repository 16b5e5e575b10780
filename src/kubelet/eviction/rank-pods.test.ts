import { describe, expect, test } from '@jest/globals'
import { container, newPod } from '../testing/pods.js'
import { evictionMessage, isCritical, type PodUsage, rankPods } from './rank-pods.js'
import type { Observations, Signal } from './thresholds.js'

interface Use {
  used: number
  request?: number
  priority?: number
}

function usage(name: string, { used, request, priority }: Use): PodUsage {
  const requests: Record<string, string> =
    request === undefined ? {} : { memory: `${request}Mi`, 'ephemeral-storage': `${request}Mi` }
  const pod = newPod({ containers: [container('app', { resources: { requests } })] }, { name })
  if (priority !== undefined) pod.spec.priority = priority
  return { pod, used: used * 2 ** 20, containers: new Map([['app', used * 2 ** 20]]) }
}

const order = (signal: Signal, ...usages: PodUsage[]) =>
  rankPods(usages, { signal }).map(({ pod }) => pod.metadata.name)

const pods = [
  usage('within-request', { used: 900, request: 1000, priority: -5 }),
  usage('important-and-over', { used: 500, request: 10, priority: 100 }),
  usage('a-little-over', { used: 11, request: 10 }),
  usage('far-over', { used: 200, request: 10 }),
  usage('nothing-requested', { used: 100 }),
]

describe('the pod that goes first', () => {
  test.each(['memory.available', 'nodefs.available', 'imagefs.available'] as const)(
    '%s: over its request, then low priority, then how far over',
    signal => {
      expect(order(signal, ...pods)).toEqual([
        'far-over',
        'nothing-requested',
        'a-little-over',
        'important-and-over',
        'within-request',
      ])
    },
  )

  test('process ids: low priority, then use', () => {
    expect(order('pid.available', ...pods)).toEqual([
      'within-request',
      'far-over',
      'nothing-requested',
      'a-little-over',
      'important-and-over',
    ])
  })

  test('critical pods: those of the system priorities, and static ones', () => {
    expect(isCritical(newPod({ priority: 2_000_000_000 }))).toBe(true)
    expect(isCritical(newPod({ priority: 1_999_999_999 }))).toBe(false)
    expect(isCritical(newPod({}, { annotations: { 'kubernetes.io/config.source': 'file' } }))).toBe(true)
  })
})

test('the message names what was short, and the containers that used more than they requested', () => {
  const observation = { available: 90 * 2 ** 20, capacity: 2 ** 30 }
  const observations = { 'memory.available': observation, 'nodefs.inodesFree': observation } as unknown as Observations
  const far = usage('far', { used: 200, request: 10 })
  expect(evictionMessage(far, { signal: 'memory.available', value: '100Mi', graceMs: 0 }, observations)).toBe(
    'The node was low on resource: memory. Threshold quantity: 100Mi, available: 90Mi. ' +
      'Container app was using 200Mi, request is 10Mi, has larger consumption of memory. ',
  )
  const modest = usage('modest', { used: 5, request: 10 })
  expect(evictionMessage(modest, { signal: 'memory.available', value: '10%', graceMs: 0 }, observations)).toBe(
    'The node was low on resource: memory. Threshold quantity: 107374182, available: 90Mi. ',
  )
})
