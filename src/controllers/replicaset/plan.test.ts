import { describe, expect, test } from '@jest/globals'
import type { Pod } from '../../apis/generated/core-v1.js'
import { burstReplicas, planNextCheck, planReplicas, planStatus, type ReplicaOwner } from './plan.js'

const now = Date.parse('2025-01-01T01:00:00Z')

const owner = (replicas: number, extra: Partial<ReplicaOwner['spec']> = {}): ReplicaOwner => ({
  metadata: { name: 'web', generation: 3 },
  spec: { replicas, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [] } }, ...extra },
  status: { replicas: 0 },
})

const pods = (count: number, readySecondsAgo?: number): Pod[] =>
  Array.from({ length: count }, (_, i) => ({
    metadata: { name: `web-${i}`, uid: `${i}`, labels: { app: 'web' } },
    spec: { containers: [] },
    status: {
      phase: 'Running',
      conditions:
        readySecondsAgo === undefined
          ? []
          : [
              {
                type: 'Ready',
                status: 'True',
                lastTransitionTime: new Date(now - readySecondsAgo * 1000).toISOString(),
              },
            ],
    },
  }))

describe('planReplicas', () => {
  test.each([
    { name: 'creates what is missing', replicas: 3, active: 1, create: 2, remove: 0 },
    { name: 'removes the surplus', replicas: 1, active: 3, create: 0, remove: 2 },
    { name: 'leaves the right number alone', replicas: 2, active: 2, create: 0, remove: 0 },
    { name: 'creates no more than a burst at once', replicas: 2000, active: 0, create: burstReplicas, remove: 0 },
    { name: 'removes no more than a burst at once', replicas: 0, active: 700, create: 0, remove: burstReplicas },
  ])('$name', ({ replicas, active, create, remove }) => {
    const plan = planReplicas(owner(replicas), pods(active), () => [], now)
    expect([plan.create, plan.remove.length]).toEqual([create, remove])
  })
})

describe('planStatus', () => {
  test('counts ready pods as available only after minReadySeconds', () => {
    const status = planStatus(owner(3, { minReadySeconds: 30 }), [...pods(1, 40), ...pods(1, 10), ...pods(1)], { now })
    expect(status).toMatchObject({ replicas: 3, readyReplicas: 2, availableReplicas: 1, observedGeneration: 3 })
  })

  test('counts pods with all labels of the template', () => {
    const [labelled, bare] = [...pods(1), { ...pods(1)[0], metadata: { name: 'x' } } as Pod]
    expect(
      planStatus(
        owner(2),
        [labelled, bare].filter(p => p !== undefined),
        { now },
      ).fullyLabeledReplicas,
    ).toBe(1)
  })

  test.each([
    { name: 'too few', active: 0, reason: 'FailedCreate' },
    { name: 'too many', active: 2, reason: 'FailedDelete' },
  ])('reports a failure with $name pods, and keeps its first report', ({ active, reason }) => {
    const status = planStatus(owner(1), pods(active), { now, failure: new Error('quota') })
    const condition = { type: 'ReplicaFailure', status: 'True', reason, message: 'quota' }
    expect(status.conditions).toMatchObject([condition])
    const again = planStatus({ ...owner(1), status }, pods(active), { now, failure: new Error('other') })
    expect(again.conditions).toMatchObject([condition])
    expect(planStatus({ ...owner(1), status }, pods(active), { now }).conditions).toBeUndefined()
  })
})

test.each([
  { name: 'never, without minReadySeconds', minReadySeconds: 0, after: undefined },
  { name: 'when the next pod becomes available', minReadySeconds: 30, after: 20_000 },
])('planNextCheck looks again $name', ({ minReadySeconds, after }) => {
  const object = owner(1, { minReadySeconds })
  const active = pods(1, 10)
  expect(planNextCheck(object, active, planStatus(object, active, { now }), now).requeueAfterMs).toBe(after)
})
