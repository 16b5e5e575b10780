import { describe, expect, test } from '@jest/globals'
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../apis/generated/apps-v1.js'
import { planPausedCondition, planProgressCheck, planRolloutStatus } from './plan-status.js'

const start = Date.parse('2025-01-01T00:00:00Z')

const deployment = (status: DeploymentStatus = {}): Deployment => ({
  metadata: { name: 'web', generation: 1 },
  spec: {
    replicas: 2,
    selector: {},
    template: { metadata: {}, spec: { containers: [] } },
    progressDeadlineSeconds: 600,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
  },
  status,
})

const newest = (available: number, conditions: object[] = []): ReplicaSet => ({
  metadata: { name: 'web-1' },
  spec: { replicas: 2, selector: {}, template: { metadata: {}, spec: { containers: [] } } },
  status: { replicas: 2, readyReplicas: available, availableReplicas: available, conditions: conditions as [] },
})

const rollout = (status: DeploymentStatus, available: number, now: number) =>
  planRolloutStatus(deployment(status), { newest: newest(available), old: [] }, now)

const condition = (status: DeploymentStatus, type: string) => status.conditions?.find(c => c.type === type)

describe('the conditions of a rollout', () => {
  const begun = rollout({}, 0, start)

  test('say that too few are available, and that it progresses', () => {
    expect(condition(begun, 'Available')).toMatchObject({ status: 'False', reason: 'MinimumReplicasUnavailable' })
    expect(condition(begun, 'Progressing')).toMatchObject({
      status: 'True',
      reason: 'ReplicaSetUpdated',
      message: 'ReplicaSet "web-1" is progressing.',
    })
  })

  test('renew the update time with progress, not the transition time', () => {
    const later = rollout(begun, 1, start + 60_000)
    expect(condition(later, 'Progressing')).toMatchObject({
      lastUpdateTime: '2025-01-01T00:01:00Z',
      lastTransitionTime: '2025-01-01T00:00:00Z',
    })
  })

  test('end with the ReplicaSet available', () => {
    const ended = rollout(begun, 2, start + 60_000)
    expect(condition(ended, 'Progressing')).toMatchObject({
      reason: 'NewReplicaSetAvailable',
      message: 'ReplicaSet "web-1" has successfully progressed.',
    })
    expect(condition(ended, 'Available')).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' })
  })

  test('fail when the deadline has passed without progress', () => {
    const late = rollout(begun, 0, start + 600_001)
    expect(condition(late, 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: 'ReplicaSet "web-1" has timed out progressing.',
    })
    expect(condition(rollout(begun, 0, start + 599_000), 'Progressing')?.status).toBe('True')
  })

  test('carry over what the ReplicaSet failed with', () => {
    const failure = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'quota' }
    const status = planRolloutStatus(deployment(), { newest: newest(0, [failure]), old: [] }, start)
    expect(condition(status, 'ReplicaFailure')).toMatchObject(failure)
  })
})

test('a stalled rollout is looked at again a second after its deadline', () => {
  const begun = rollout({}, 0, start)
  expect(planProgressCheck(deployment(begun), begun, start + 60_000).requeueAfterMs).toBe(541_000)
})

test('pausing and resuming restart the clock of the deadline', () => {
  const begun = deployment(rollout({}, 0, start))
  const paused = { ...begun, spec: { ...begun.spec, paused: true } }
  const conditions = planPausedCondition(paused, start)
  expect(conditions?.at(-1)).toMatchObject({
    status: 'Unknown',
    reason: 'DeploymentPaused',
    message: 'Deployment is paused',
  })
  expect(planPausedCondition({ ...paused, status: { conditions } }, start)).toBeUndefined()
  const resumed = planPausedCondition({ ...begun, status: { conditions } }, start + 5_000)
  expect(resumed?.at(-1)).toMatchObject({ reason: 'DeploymentResumed', lastUpdateTime: '2025-01-01T00:00:05Z' })
})
