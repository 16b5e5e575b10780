import { expect, test } from '@jest/globals'
import type { StatefulSet } from '../generated/apps-v1.js'
import { createErrors, prepared, updateErrors } from '../kind-testing.js'
import { statefulSet } from './stateful-set.js'

const newStatefulSet = (spec: Partial<StatefulSet['spec']> = {}): StatefulSet => ({
  metadata: { name: 'db', namespace: 'default' },
  spec: {
    selector: { matchLabels: { app: 'db' } },
    serviceName: 'db',
    updateStrategy: {},
    template: {
      metadata: { labels: { app: 'db' } },
      spec: { containers: [{ name: 'db', image: 'db', volumeMounts: [{ name: 'data', mountPath: '/data' }] }] },
    },
    volumeClaimTemplates: [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    ],
    ...spec,
  },
})

test('mounts may name the volumes of claim templates', () => {
  expect(createErrors(statefulSet, newStatefulSet())).toEqual([])
})

test('defaults', () => {
  expect(prepared(statefulSet, newStatefulSet()).spec).toMatchObject({
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    replicas: 1,
    revisionHistoryLimit: 10,
    volumeClaimTemplates: [{ kind: 'PersistentVolumeClaim', apiVersion: 'v1', spec: { volumeMode: 'Filesystem' } }],
  })
})

test.each([
  {
    name: 'an unknown pod management policy',
    spec: { podManagementPolicy: 'Random' },
    error: "spec.podManagementPolicy: Invalid value: \"Random\": must be 'OrderedReady' or 'Parallel'",
  },
  {
    name: 'a rolling update under OnDelete',
    spec: { updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
    error:
      'spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":1,"MaxUnavailable":null}: only allowed for updateStrategy \'RollingUpdate\'',
  },
  {
    name: 'an unknown retention',
    spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Burn' } },
    error:
      'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Burn": supported values: "Retain", "Delete"',
  },
])('refuses $name', ({ spec, error }) => {
  expect(createErrors(statefulSet, newStatefulSet(spec as Partial<StatefulSet['spec']>))).toEqual([error])
})

test.each([
  { name: 'replicas and template', change: { replicas: 5, minReadySeconds: 1 }, allowed: true },
  { name: 'the service name', change: { serviceName: 'other' }, allowed: false },
  { name: 'the pod management policy', change: { podManagementPolicy: 'Parallel' }, allowed: false },
])('an update of $name', ({ change, allowed }) => {
  const old = prepared(statefulSet, newStatefulSet())
  const errors = updateErrors(statefulSet, { ...old, spec: { ...old.spec, ...change } }, old)
  expect(errors).toEqual(allowed ? [] : [expect.stringContaining('spec: Forbidden: updates to statefulset spec')])
})
