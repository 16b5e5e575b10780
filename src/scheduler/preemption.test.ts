import { describe, expect, test } from '@jest/globals'
import type { Pod } from '../apis/generated/core-v1.js'
import type { PodDisruptionBudget } from '../apis/generated/policy-v1.js'
import { SeededRandom } from '../machinery/fake-clock.js'
import { explain } from './diagnosis.js'
import { Nominator } from './nominator.js'
import { newPodInfo } from './pod-info.js'
import { planPreemption } from './preemption.js'
import { newProfile } from './profiles/profile.js'
import { newCluster, newNode, newPod } from './scheduler-testing.js'
import { NodeSelector } from './select-node.js'

function plan(pod: Pod, nodes: Parameters<typeof newCluster>[0], pods: Pod[], budgets: PodDisruptionBudget[] = []) {
  const deps = { cluster: newCluster(nodes, pods), nominator: new Nominator(), random: new SeededRandom() }
  const selection = new NodeSelector({ ...deps, profile: newProfile({}) }).select(newPodInfo(pod))
  if (selection.node !== undefined) throw new Error('the pod fits without preemption')
  const result = planPreemption(newPodInfo(pod), selection, {
    ...deps,
    candidates: { percentage: 10, absolute: 100 },
    budgets: () => budgets,
  })
  return 'candidate' in result
    ? { node: result.candidate.node, victims: result.candidate.victims.map(v => v.pod.metadata.name) }
    : { message: explain(selection.diagnosis, result.message) }
}

const important = newPod('important', { cpu: '2', priority: 100 })

test('the least important pods go, and no more than needed', () => {
  const pods = [
    newPod('low', { node: 'n', cpu: '2', priority: 1 }),
    newPod('middle', { node: 'n', cpu: '1', priority: 50 }),
    newPod('high', { node: 'n', cpu: '1', priority: 99 }),
  ]
  expect(plan(important, [newNode('n')], pods)).toEqual({ node: 'n', victims: ['low'] })
})

test('the node whose victims matter least is taken', () => {
  const pods = [newPod('x', { node: 'a', cpu: '4', priority: 50 }), newPod('y', { node: 'b', cpu: '4', priority: 10 })]
  expect(plan(important, [newNode('a'), newNode('b')], pods)).toEqual({ node: 'b', victims: ['y'] })
})

test('budgets are kept where there is another way', () => {
  const guarded = { app: 'guarded' }
  const pods = [
    newPod('x', { node: 'a', cpu: '4', priority: 1, labels: guarded }),
    newPod('y', { node: 'b', cpu: '4', priority: 10 }),
  ]
  const budget = {
    metadata: { name: 'b', namespace: 'default' },
    spec: { selector: { matchLabels: guarded } },
    status: { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
  }
  expect(plan(important, [newNode('a'), newNode('b')], pods, [budget])).toEqual({ node: 'b', victims: ['y'] })
  expect(plan(important, [newNode('a')], pods.slice(0, 1), [budget])).toEqual({ node: 'a', victims: ['x'] })
})

describe('words where nothing can be done', () => {
  const busy = [newPod('x', { node: 'n', cpu: '4', priority: 100 })]
  test.each([
    {
      name: 'pods as important fill the node',
      pod: important,
      nodes: [newNode('n')],
      message:
        '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    },
    {
      name: 'no node is large enough or lets the pod in',
      pod: newPod('p', { cpu: '64', priority: 100 }),
      nodes: [newNode('n'), newNode('t', { taints: [{ key: 'k', effect: 'NoSchedule' }] })],
      message:
        '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    },
    {
      name: 'the pod must not preempt',
      pod: newPod('p', { cpu: '2', priority: 1000, preemptionPolicy: 'Never' }),
      nodes: [newNode('n')],
      message: '0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.',
    },
  ])('$name', ({ pod, nodes, message }) => {
    expect(plan(pod, nodes, busy)).toEqual({ message })
  })
})
