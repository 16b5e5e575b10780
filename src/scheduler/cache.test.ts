import { describe, expect, test } from '@jest/globals'
import type { Pod } from '../apis/generated/core-v1.js'
import { labelSelectorFrom } from '../machinery/selector/index.js'
import { ClusterCache } from './cache.js'
import { newPodInfo } from './pod-info.js'
import { newNode, newPod } from './scheduler-testing.js'

const waiting = newPod('p', { cpu: '100m', labels: { app: 'web' } })
const bound: Pod = { ...waiting, spec: { ...waiting.spec, nodeName: 'a' } }
const resized: Pod = {
  ...newPod('p', { cpu: '250m', labels: { app: 'web' }, node: 'a' }),
  metadata: { ...waiting.metadata, generation: 2 },
}
const web = labelSelectorFrom({ matchLabels: { app: 'web' } })

function cacheWithAssumedPod() {
  const cache = new ClusterCache()
  cache.setNode(newNode('a', { cpu: '4' }))
  cache.assume(newPodInfo(waiting), 'a')
  const node = cache.node('a')
  if (!node) throw new Error('node a is not there')
  const uid = waiting.metadata.uid ?? ''
  const seen = () => ({
    milliCpu: node.requested.milliCpu,
    pods: node.pods.size,
    web: cache.selectorCounts.of('default', web).get(node) ?? 0,
    assumed: cache.isAssumed(uid),
    shown: node.pods.get(uid)?.pod,
  })
  return { cache, seen }
}

describe('a pod that was assumed', () => {
  const gone = { ...bound, metadata: { ...bound.metadata, deletionTimestamp: '2025-01-01T00:00:00Z' } }
  const other = { ...bound, metadata: { ...bound.metadata, labels: { app: 'other' } } }
  const resources = { requests: { cpu: '300m' } }
  const status = { name: 'c', image: 'i', imageID: '', ready: true, restartCount: 0, resources }
  test.each([
    { name: 'counts the same when it is confirmed', pod: bound, milliCpu: 100, web: 1 },
    { name: 'counts anew when it was resized', pod: resized, milliCpu: 250, web: 1 },
    {
      name: 'counts what its node has actuated',
      pod: { ...bound, status: { containerStatuses: [status] } },
      milliCpu: 300,
      web: 1,
    },
    { name: 'is not spread by while it ends', pod: gone, milliCpu: 100, web: 0 },
    { name: 'is not counted by labels that it lost', pod: other, milliCpu: 100, web: 0 },
  ])('$name', ({ pod, milliCpu, web: matching }) => {
    const { cache, seen } = cacheWithAssumedPod()
    cache.selectorCounts.of('default', web)
    cache.setPod(pod)
    expect(seen()).toEqual({ milliCpu, pods: 1, web: matching, assumed: false, shown: pod })
    cache.removePod(pod.metadata.uid ?? '')
    expect(seen()).toMatchObject({ milliCpu: 0, pods: 0, web: 0 })
  })

  test('takes up nothing once it has ended', () => {
    const { cache, seen } = cacheWithAssumedPod()
    cache.setPod({ ...bound, status: { phase: 'Succeeded' } })
    expect(seen()).toMatchObject({ milliCpu: 0, pods: 0, assumed: false })
  })
})

test('columns of a topology follow nodes and their labels', () => {
  const cache = new ClusterCache()
  const zoneOf = (name: string) => {
    const { values, valueAt } = cache.topology('zone')
    return values[valueAt[cache.node(name)?.place ?? -1] ?? -1]
  }
  cache.setNode(newNode('a', { labels: { zone: 'east' } }))
  cache.setNode(newNode('b', {}))
  expect([zoneOf('a'), zoneOf('b')]).toEqual(['east', undefined])
  cache.setNode(newNode('b', { labels: { zone: 'west' } }))
  cache.setNode(newNode('c', { labels: { zone: '' } }))
  expect([zoneOf('a'), zoneOf('b'), zoneOf('c')]).toEqual(['east', 'west', ''])
  cache.removeNode('a')
  expect([zoneOf('b'), zoneOf('c')]).toEqual(['west', ''])
})

test('nodes with taints and cordoned ones are known as long as they are so', () => {
  const cache = new ClusterCache()
  const avoided = newNode('a', { unschedulable: true, taints: [{ key: 'k', effect: 'NoSchedule' }] })
  const counts = () => [cache.taintedNodes.size, cache.cordonedNodes.size]
  cache.setNode(avoided)
  expect(counts()).toEqual([1, 1])
  cache.setNode(newNode('a'))
  expect(counts()).toEqual([0, 0])
  cache.setNode(avoided)
  cache.removeNode('a')
  expect(counts()).toEqual([0, 0])
})
