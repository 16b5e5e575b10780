import { expect, test } from '@jest/globals'
import type { HorizontalPodAutoscaler } from '../generated/autoscaling-v2.js'
import { fromHub, keepAnnotations, toHub } from './hpa-conversion.js'

const hub: HorizontalPodAutoscaler = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'default', annotations: { mine: 'kept' } },
  spec: {
    maxReplicas: 5,
    minReplicas: 1,
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    metrics: [
      { type: 'Pods', pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '10' } } },
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
    ],
    behavior: { scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } },
  },
  status: {
    currentReplicas: 2,
    desiredReplicas: 3,
    currentMetrics: [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 55, averageValue: '1' } } },
    ],
    conditions: [{ type: 'AbleToScale', status: 'True' }],
  },
}

test('v1 has CPU as a field and the rest in annotations', () => {
  const spoke = fromHub(hub)
  expect(spoke.spec).toEqual({
    maxReplicas: 5,
    minReplicas: 1,
    scaleTargetRef: hub.spec.scaleTargetRef,
    targetCPUUtilizationPercentage: 60,
  })
  expect(spoke.status).toEqual({ currentReplicas: 2, desiredReplicas: 3, currentCPUUtilizationPercentage: 55 })
  expect(spoke.metadata.annotations).toMatchObject({
    mine: 'kept',
    'autoscaling.alpha.kubernetes.io/metrics':
      '[{"type":"Pods","pods":{"metricName":"rps","targetAverageValue":"10"}}]',
  })
})

test('there and back nothing is lost', () => {
  expect(toHub(fromHub(hub))).toEqual(hub)
})

test('without any metric the target is 80 % of CPU', () => {
  const { spec } = toHub({ metadata: {}, spec: { maxReplicas: 2, scaleTargetRef: hub.spec.scaleTargetRef } })
  expect(spec.metrics).toEqual([
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
  ])
})

test('annotations that carry a part of the object are those of the old one, if there is one', () => {
  const currentMetrics = 'autoscaling.alpha.kubernetes.io/current-metrics'
  const object = {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: { annotations: { [currentMetrics]: '[]', kept: 'a' } },
    spec: { maxReplicas: 1, scaleTargetRef: { kind: 'Deployment', name: 'd' } },
  }
  const old = structuredClone(object)
  keepAnnotations('spec', object, old)
  expect(object.metadata).toEqual({ annotations: { [currentMetrics]: '[]', kept: 'a' } })
  keepAnnotations('status', object)
  expect(object.metadata).toEqual({ annotations: { kept: 'a' } })
  keepAnnotations('status', object, old)
  expect(object.metadata).toEqual({ annotations: { [currentMetrics]: '[]', kept: 'a' } })
})
