import { expect, test } from '@jest/globals'
import type { PersistentVolume, PersistentVolumeClaim } from '../../apis/generated/core-v1.js'
import { newCluster, newNode, newPod, reasonsOf } from '../scheduler-testing.js'
import { volumeBinding } from './volume-binding.js'

const bound = { 'pv.kubernetes.io/bind-completed': 'yes' }
const newClaim = (claim: { annotations?: Record<string, string>; spec?: object; status?: object }) =>
  ({
    metadata: { name: 'data', namespace: 'default', annotations: claim.annotations },
    ...claim,
  }) as PersistentVolumeClaim
const onNode = (name: string) =>
  ({
    metadata: { name: 'pv' },
    spec: {
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [name] }] },
          ],
        },
      },
    },
  }) as PersistentVolume

const pod = newPod('p', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] })

test.each([
  { name: 'a missing claim', claim: undefined, reasons: { '*': 'persistentvolumeclaim "data" not found' } },
  {
    name: 'an unbound claim',
    claim: newClaim({ spec: {} }),
    reasons: { '*': 'pod has unbound immediate PersistentVolumeClaims' },
  },
  {
    name: 'a claim that lost its volume',
    claim: newClaim({ spec: { volumeName: 'pv' }, status: { phase: 'Lost' } }),
    reasons: { '*': 'persistentvolumeclaim "data" bound to non-existent persistentvolume "pv"' },
  },
  {
    name: 'a claim that waits for its consumer',
    claim: newClaim({ spec: { storageClassName: 'late' } }),
    reasons: {
      a: "node(s) didn't find available persistent volumes to bind",
      b: "node(s) didn't find available persistent volumes to bind",
    },
  },
  {
    name: 'a bound claim',
    claim: newClaim({ annotations: bound, spec: { volumeName: 'pv' } }),
    reasons: { b: "node(s) didn't match PersistentVolume's node affinity" },
  },
])('a pod with $name', ({ claim, reasons }) => {
  const cluster = newCluster([newNode('a'), newNode('b')])
  cluster.volumes = {
    claim: () => claim,
    volume: () => onNode('a'),
    storageClass: name => ({
      metadata: { name },
      provisioner: 'x',
      volumeBindingMode: name === 'late' ? 'WaitForFirstConsumer' : 'Immediate',
    }),
  }
  expect(reasonsOf(volumeBinding, pod, cluster)).toEqual(reasons)
})

test('a pod without claims is not looked at', () => {
  expect(volumeBinding.filter?.({ pod: newPod('p') } as never, newCluster([newNode('a')]))).toBeUndefined()
})
