import { expect, test } from '@jest/globals'
import { localSubjectAccessReview, selfSubjectAccessReview } from './authorization-v1/index.js'
import { horizontalPodAutoscaler } from './autoscaling-v2/index.js'
import { lease } from './coordination-v1/index.js'
import { endpointSlice } from './discovery-v1/index.js'
import { createErrors, prepared } from './kind-testing.js'
import { runtimeClass } from './node-v1/index.js'
import { podDisruptionBudget } from './policy-v1/index.js'
import { priorityClass, systemPriorityClasses } from './scheduling-v1/index.js'
import { csiDriver, storageClass } from './storage-v1/index.js'

const metadata = { name: 'x', namespace: 'default' }

test.each([
  {
    name: 'a lease of no time',
    errors: createErrors(lease, { metadata, spec: { leaseDurationSeconds: 0 } }),
    expected: ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
  },
  {
    name: 'loopback and wrong family in an endpoint slice',
    errors: createErrors(endpointSlice, {
      metadata,
      addressType: 'IPv4',
      endpoints: [{ addresses: ['127.0.0.1', 'x'] }, { addresses: [] }],
      ports: [{ name: 'a' }, { name: 'a' }],
    }),
    expected: [
      'ports[1].name: Duplicate value: "a"',
      'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'endpoints[0].addresses[1]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'endpoints[1].addresses: Required value: must contain at least 1 address',
    ],
  },
  {
    name: 'a budget with both bounds',
    errors: createErrors(podDisruptionBudget, { metadata, spec: { minAvailable: 1, maxUnavailable: 'x' } }),
    expected: [
      'spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":"x","UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
      expect.stringContaining('spec.maxUnavailable: Invalid value: "x": a valid percent string'),
    ],
  },
  {
    name: 'a priority above what users may give',
    errors: createErrors(priorityClass, { metadata, value: 1_000_000_001 }),
    expected: ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
  },
  {
    name: 'an unknown system class',
    errors: createErrors(priorityClass, { metadata: { name: 'system-mine' }, value: 1 }),
    expected: [
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
    ],
  },
  {
    name: 'a storage class of the Recycle policy',
    errors: createErrors(storageClass, { metadata, provisioner: 'a/b', reclaimPolicy: 'Recycle' }),
    expected: ['reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"'],
  },
  { name: 'a CSI driver that says nothing', errors: createErrors(csiDriver, { metadata, spec: {} }), expected: [] },
  {
    name: 'a review with no question',
    errors: createErrors(selfSubjectAccessReview, { metadata: {}, spec: {} }),
    expected: [
      'spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    ],
  },
  {
    name: 'a local review of another namespace',
    errors: createErrors(localSubjectAccessReview, {
      metadata: { namespace: 'a' },
      spec: { user: 'u', resourceAttributes: { namespace: 'b' } },
    }),
    expected: ['spec.resourceAttributes.namespace: Invalid value: "b": must match metadata.namespace'],
  },
  {
    name: 'an autoscaler of a core kind',
    errors: createErrors(horizontalPodAutoscaler, {
      metadata,
      spec: { maxReplicas: 0, scaleTargetRef: { kind: 'Pod', name: 'x' } },
    }),
    expected: [
      'spec.maxReplicas: Invalid value: 0: must be greater than 0',
      'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
      'spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group',
    ],
  },
  {
    name: 'a runtime class with a bad handler',
    errors: createErrors(runtimeClass, { metadata, handler: 'A' }),
    expected: [expect.stringContaining('handler: Invalid value: "A": a lowercase RFC 1123 label')],
  },
])('errors of $name', ({ errors, expected }) => {
  expect(errors).toEqual(expected)
})

test('the system priority classes pass their own check', () => {
  for (const object of systemPriorityClasses)
    expect(createErrors(priorityClass, { ...object, metadata: { ...object.metadata } })).toEqual([])
})

test('an autoscaler gets CPU, and whole scaling rules once it has any', () => {
  const { spec } = prepared(horizontalPodAutoscaler, {
    metadata,
    spec: {
      maxReplicas: 2,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' },
      behavior: { scaleUp: { selectPolicy: 'Min' } },
    },
  })
  expect(spec.metrics?.[0]?.resource?.target.averageUtilization).toBe(80)
  expect(spec.behavior?.scaleUp).toMatchObject({ selectPolicy: 'Min', stabilizationWindowSeconds: 0 })
  expect(spec.behavior?.scaleDown?.stabilizationWindowSeconds).toBeUndefined()
})
