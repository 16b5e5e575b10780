import { describe, expect, test } from '@jest/globals'
import type { Deployment } from '../generated/apps-v1.js'
import { cells, createErrors, prepared, statusErrors } from '../kind-testing.js'
import { deployment } from './deployment.js'

const newDeployment = (spec: Partial<Deployment['spec']> = {}): Deployment => ({
  metadata: { name: 'web', namespace: 'default', creationTimestamp: '1970-01-01T00:00:00Z' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    strategy: {},
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'nginx', image: 'nginx:1' }] } },
    ...spec,
  },
})

describe('defaults', () => {
  test('fill in a rolling update and the counts', () => {
    expect(prepared(deployment, newDeployment()).spec).toMatchObject({
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: { spec: { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' } },
    })
  })
  test('leave Recreate without a rolling update', () => {
    expect(prepared(deployment, newDeployment({ strategy: { type: 'Recreate' } })).spec.strategy).toEqual({
      type: 'Recreate',
    })
  })
})

test.each([
  { name: 'a whole deployment', spec: {}, errors: [] },
  {
    name: 'negative replicas',
    spec: { replicas: -1 },
    errors: ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
  },
  {
    name: 'a selector that misses the template',
    spec: { selector: { matchLabels: { app: 'other' } } },
    errors: [
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
  },
  {
    name: 'an empty selector',
    spec: { selector: {} },
    errors: ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
  },
  {
    name: 'an unknown strategy',
    spec: { strategy: { type: 'Blue' } },
    errors: [
      'spec.strategy: Unsupported value: {"Type":"Blue","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
    ],
  },
  {
    name: 'a rolling update under Recreate',
    spec: { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } },
    errors: ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
  },
  {
    name: 'a rolling update that cannot move',
    spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } },
    errors: ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
  },
  {
    name: 'more than all unavailable',
    spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '101%' } } },
    errors: ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
  },
  {
    name: 'a deadline within minReadySeconds',
    spec: { minReadySeconds: 600 },
    errors: ['spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds'],
  },
  {
    name: 'pods that do not restart',
    spec: {
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { restartPolicy: 'Never', activeDeadlineSeconds: 5, containers: [{ name: 'a', image: 'a' }] },
      },
    },
    errors: [
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported',
    ],
  },
])('validation of $name', ({ spec, errors }) => {
  expect(createErrors(deployment, newDeployment(spec as Partial<Deployment['spec']>))).toEqual(errors)
})

test.each([
  { name: 'counts that fit', status: { replicas: 3, readyReplicas: 2, availableReplicas: 2 }, errors: [] },
  {
    name: 'more available than ready',
    status: { replicas: 3, readyReplicas: 1, availableReplicas: 2 },
    errors: ['status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas'],
  },
  {
    name: 'more updated than there are',
    status: { replicas: 1, updatedReplicas: 2 },
    errors: ['status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas'],
  },
  {
    name: 'a collision count that shrinks',
    status: { collisionCount: 1 },
    errors: ['status.collisionCount: Invalid value: 1: cannot be decremented'],
  },
])('status validation of $name', ({ status, errors }) => {
  const old = { ...newDeployment(), status: { collisionCount: 2 } }
  expect(statusErrors(deployment, { ...newDeployment(), status: { collisionCount: 2, ...status } }, old)).toEqual(
    errors,
  )
})

test('columns are those of kubectl get -o wide', () => {
  const object = prepared(deployment, newDeployment({ replicas: 3 }))
  object.status = { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 }
  expect(cells(deployment, object, 90_000)).toEqual({
    Ready: '2/3',
    'Up-to-date': 3,
    Available: 2,
    Age: '90s',
    Containers: 'nginx',
    Images: 'nginx:1',
    Selector: 'app=web',
  })
})
