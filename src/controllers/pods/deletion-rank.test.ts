import { expect, test } from '@jest/globals'
import type { Pod } from '../../apis/generated/core-v1.js'
import { podsToDelete } from './deletion-rank.js'

const now = Date.parse('2025-01-01T01:00:00Z')
const minutesAgo = (minutes: number) => new Date(now - minutes * 60_000).toISOString()

interface Sketch {
  node?: string
  phase?: string
  ready?: number
  age?: number
  cost?: string
  restarts?: number
}

const pod = (name: string, { node = 'n', phase = 'Running', ready, age = 10, cost, restarts = 0 }: Sketch): Pod => ({
  metadata: {
    name,
    uid: name,
    creationTimestamp: minutesAgo(age),
    ...(cost !== undefined && { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
  },
  spec: { containers: [], ...(node && { nodeName: node }) },
  status: {
    phase,
    conditions: ready === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: minutesAgo(ready) }],
    containerStatuses: [{ name: 'c', image: '', imageID: '', ready: true, restartCount: restarts }],
  },
})

test.each<{ name: string; first: Sketch; second: Sketch }>([
  { name: 'unscheduled before scheduled', first: { node: '' }, second: {} },
  { name: 'Pending before Running', first: { phase: 'Pending' }, second: {} },
  { name: 'Unknown before Running', first: { phase: 'Unknown' }, second: {} },
  { name: 'not ready before ready', first: {}, second: { ready: 5 } },
  { name: 'lower cost before higher', first: { ready: 50, cost: '-5' }, second: { ready: 1, cost: '5' } },
  { name: 'an invalid cost as zero', first: { ready: 50, cost: '-1' }, second: { ready: 1, cost: '+1' } },
  { name: 'crowded before lonely nodes', first: { ready: 50, node: 'crowded' }, second: { ready: 1, node: 'lonely' } },
  { name: 'ready for a shorter time', first: { ready: 1 }, second: { ready: 50 } },
  { name: 'more restarts', first: { restarts: 3 }, second: { restarts: 1 } },
  { name: 'younger before older', first: { age: 1 }, second: { age: 50 } },
])('podsToDelete takes $name', ({ first, second }) => {
  const [a, b] = [pod('b-first', first), pod('a-second', second)]
  const related = [a, b, pod('neighbour', { node: 'crowded' })]
  expect(podsToDelete([b, a], related, 1, now).map(p => p.metadata.name)).toEqual(['b-first'])
})

test('podsToDelete breaks ties between ages of the same power of two by uid', () => {
  const pods = [pod('b', { ready: 9.1 }), pod('a', { ready: 9 })]
  expect(podsToDelete(pods, pods, 1, now).map(p => p.metadata.name)).toEqual(['a'])
})

test('podsToDelete takes all when all are to go', () => {
  expect(podsToDelete([pod('a', {})], [], 3, now)).toHaveLength(1)
})
