import { expect, test } from '@jest/globals'
import type { PersistentVolume, PersistentVolumeClaim } from '../../apis/generated/core-v1.js'
import type { StorageClass } from '../../apis/generated/storage-v1.js'
import { newCluster, newNode, newPod, noVolumes, reasonsOf } from '../scheduler-testing.js'
import { newVolumeBinding } from './volume-binding.js'

const bound = { 'pv.kubernetes.io/bind-completed': 'yes' }
const newClaim = (claim: { annotations?: Record<string, string>; spec?: object; status?: object }) =>
  ({
    metadata: { name: 'data', namespace: 'default', annotations: claim.annotations },
    ...claim,
  }) as PersistentVolumeClaim
const hosts = (name: string) => ({
  required: {
    nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [name] }] }],
  },
})
const local = (name: string, node: string, status = 'Available') =>
  ({
    metadata: { name },
    spec: { storageClassName: 'late', capacity: { storage: '1Gi' }, nodeAffinity: hosts(node) },
    status: { phase: status },
  }) as PersistentVolume

const classes: Record<string, StorageClass> = {
  now: { metadata: { name: 'now' }, provisioner: 'x', volumeBindingMode: 'Immediate' },
  late: {
    metadata: { name: 'late' },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  },
  made: {
    metadata: { name: 'made' },
    provisioner: 'csi.example.com',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['east'] }] }],
  },
}
const waiting = (storageClassName: string, size?: string) =>
  newClaim({ spec: { storageClassName, ...(size && { resources: { requests: { storage: size } } }) } })
const noneFree = "node(s) didn't find available persistent volumes to bind"
const noSpace = 'node(s) did not have enough free storage'

const pod = newPod('p', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] })

test.each([
  { name: 'a missing claim', claim: undefined, reasons: { '*': 'persistentvolumeclaim "data" not found' } },
  {
    name: 'an unbound claim',
    claim: waiting('now'),
    reasons: { '*': 'pod has unbound immediate PersistentVolumeClaims' },
  },
  {
    name: 'a claim that lost its volume',
    claim: newClaim({ spec: { volumeName: 'pv' }, status: { phase: 'Lost' } }),
    reasons: { '*': 'persistentvolumeclaim "data" bound to non-existent persistentvolume "pv"' },
  },
  {
    name: 'a claim that waits, and nobody makes volumes',
    claim: waiting('late'),
    reasons: { a: noneFree, b: noneFree },
  },
  {
    name: 'a claim that waits, and a local volume on b',
    claim: waiting('late', '1Gi'),
    volumes: [local('pv-b', 'b')],
    reasons: { a: noneFree },
  },
  {
    name: 'a claim that waits, and local volumes that are taken or too small',
    claim: waiting('late', '2Gi'),
    volumes: [local('pv-a', 'a', 'Bound'), local('pv-b', 'b')],
    reasons: { a: noneFree, b: noneFree },
  },
  { name: 'a claim that waits, and a class that allows one zone', claim: waiting('made'), reasons: { b: noneFree } },
  {
    name: 'a claim that waits, and a driver that is short of space',
    claim: waiting('made', '10Gi'),
    capacity: '5Gi',
    reasons: { a: noSpace, b: noneFree },
  },
  {
    name: 'a claim that waits, and a driver with space',
    claim: waiting('made', '1Gi'),
    capacity: '5Gi',
    reasons: { b: noneFree },
  },
  {
    name: 'a claim whose node was chosen before',
    claim: newClaim({
      annotations: { 'volume.kubernetes.io/selected-node': 'b' },
      spec: { storageClassName: 'made' },
    }),
    reasons: { a: noneFree, b: noneFree },
  },
  {
    name: 'a bound claim',
    claim: newClaim({ annotations: bound, spec: { volumeName: 'pv' } }),
    volumes: [local('pv', 'a')],
    reasons: { b: "node(s) didn't match PersistentVolume's node affinity" },
  },
  {
    name: 'a bound claim without its volume',
    claim: newClaim({ annotations: bound, spec: { volumeName: 'pv' } }),
    reasons: {
      a: 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
      b: 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
    },
  },
])('a pod with $name', ({ claim, volumes = [], capacity, reasons }) => {
  const cluster = newCluster([newNode('a', { labels: { zone: 'east' } }), newNode('b')])
  cluster.volumes = {
    ...noVolumes,
    claim: () => claim,
    volume: name => volumes.find(({ metadata }) => metadata.name === name),
    ofClass: () => volumes,
    storageClass: name => classes[name],
    csiDriver: name => ({ metadata: { name }, spec: { storageCapacity: true } }),
    capacities: () =>
      capacity ? [{ metadata: { name: 'c' }, storageClassName: 'made', capacity, nodeTopology: {} }] : [],
  }
  if (!capacity) cluster.volumes.csiDriver = () => undefined
  expect(reasonsOf(newVolumeBinding(), pod, cluster)).toEqual(reasons)
})

test('a pod without claims is not looked at', () => {
  expect(newVolumeBinding().filter?.({ pod: newPod('p') } as never, newCluster([newNode('a')]))).toBeUndefined()
})
