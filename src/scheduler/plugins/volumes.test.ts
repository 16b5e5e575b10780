import { describe, expect, test } from '@jest/globals'
import type { Node, PersistentVolume, PersistentVolumeClaim, Volume } from '../../apis/generated/core-v1.js'
import { newPodInfo } from '../pod-info.js'
import { newCluster, newNode, newPod, noVolumes, reasonsOf, scoresOf } from '../scheduler-testing.js'
import { imageLocality } from './image-locality.js'
import { nodeVolumeLimits } from './node-volume-limits.js'
import { volumeRestrictions } from './volume-restrictions.js'
import { volumeZone } from './volume-zone.js'

const uses = (...names: string[]): Volume[] => names.map(name => ({ name, persistentVolumeClaim: { claimName: name } }))
const newClaim = (name: string, spec: PersistentVolumeClaim['spec']): PersistentVolumeClaim => ({
  metadata: { name, namespace: 'default' },
  spec,
})

describe('VolumeZone', () => {
  const zone = 'topology.kubernetes.io/zone'
  const cluster = newCluster([
    newNode('east', { labels: { [zone]: 'east' } }),
    newNode('west', { labels: { [zone]: 'west' } }),
    newNode('anywhere'),
  ])
  const volumeIn = (labels: Record<string, string>): PersistentVolume => ({
    metadata: { name: 'pv', labels },
    spec: {},
  })
  test.each([
    { name: 'in the east', labels: { [zone]: 'east' }, reasons: { west: 'node(s) had no available volume zone' } },
    { name: 'in both', labels: { [zone]: 'east__west' }, reasons: {} },
    {
      name: 'in the east by the older label',
      labels: { 'failure-domain.beta.kubernetes.io/zone': 'east' },
      reasons: { west: 'node(s) had no available volume zone' },
    },
    { name: 'without a zone', labels: {}, reasons: {} },
  ] as { name: string; labels: Record<string, string>; reasons: object }[])('a volume $name', ({ labels, reasons }) => {
    cluster.volumes = {
      ...noVolumes,
      claim: (_, name) => newClaim(name, { volumeName: 'pv' }),
      volume: () => volumeIn(labels),
    }
    expect(reasonsOf(volumeZone, newPod('p', { volumes: uses('data') }), cluster)).toEqual(reasons)
  })
  test('a volume that is gone', () => {
    cluster.volumes = { ...noVolumes, claim: (_, name) => newClaim(name, { volumeName: 'pv' }) }
    expect(reasonsOf(volumeZone, newPod('p', { volumes: uses('data') }), cluster)).toEqual({
      '*': 'persistentvolume "pv" not found',
    })
  })
})

describe('VolumeRestrictions', () => {
  const disk = (readOnly: boolean): Volume => ({ name: 'd', gcePersistentDisk: { pdName: 'disk', readOnly } })
  test('a disk is for one writer, or for readers', () => {
    const cluster = newCluster([newNode('a'), newNode('b')], [newPod('x', { node: 'a', volumes: [disk(true)] })])
    const reason = { a: 'node(s) had no available disk' }
    expect(reasonsOf(volumeRestrictions, newPod('p', { volumes: [disk(false)] }), cluster)).toEqual(reason)
    expect(reasonsOf(volumeRestrictions, newPod('p', { volumes: [disk(true)] }), cluster)).toEqual({})
  })
  test('a ReadWriteOncePod claim that is in use refuses on every node, until its user is gone', () => {
    const user = newPod('user', { node: 'a', volumes: uses('once') })
    const cluster = newCluster([newNode('a'), newNode('b')], [user])
    cluster.volumes = { ...noVolumes, claim: (_, name) => newClaim(name, { accessModes: ['ReadWriteOncePod'] }) }
    const pod = newPod('p', { volumes: uses('once') })
    const reason =
      'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod'
    expect(reasonsOf(volumeRestrictions, pod, cluster)).toEqual({ a: reason, b: reason })

    const filter = volumeRestrictions.filter?.(newPodInfo(pod), cluster)
    if (!filter || 'refused' in filter) throw new Error('a filter expected')
    const copy = filter.clone?.() as typeof filter
    const node = cluster.cache.node('a')!
    copy.removePod?.(newPodInfo(user), node)
    expect(copy.check(node)).toBeUndefined()
    expect(filter.check(node)).toBeDefined()

    cluster.cache.removePod('pod-user')
    expect(reasonsOf(volumeRestrictions, pod, cluster)).toEqual({})
  })
})

describe('NodeVolumeLimits', () => {
  const driver = 'csi.example.com'
  const cluster = newCluster(
    [newNode('small'), newNode('big'), newNode('unlimited')],
    [newPod('x', { node: 'small', volumes: uses('one') }), newPod('y', { node: 'big', volumes: uses('one') })],
  )
  cluster.volumes = {
    ...noVolumes,
    claim: (_, name) => newClaim(name, { volumeName: name === 'new' ? '' : name, storageClassName: 'csi' }),
    volume: name => ({ metadata: { name }, spec: { csi: { driver, volumeHandle: name } } }),
    storageClass: name => ({ metadata: { name }, provisioner: driver }),
    csiNode: name => ({
      metadata: { name },
      spec: {
        drivers:
          name === 'unlimited' ? [] : [{ name: driver, nodeID: name, allocatable: { count: name === 'big' ? 3 : 1 } }],
      },
    }),
    attachments: node =>
      node === 'big'
        ? [{ metadata: {}, spec: { attacher: driver, nodeName: node, source: { persistentVolumeName: 'left-over' } } }]
        : [],
  }
  const full = 'node(s) exceed max volume count'
  test.each([
    { name: 'one more volume', volumes: uses('two'), reasons: { small: full } },
    { name: 'a volume that is there already', volumes: uses('one'), reasons: {} },
    { name: 'a volume yet to be made', volumes: uses('new'), reasons: { small: full } },
    { name: 'two more', volumes: uses('two', 'three'), reasons: { small: full, big: full } },
  ])('$name', ({ volumes, reasons }) => {
    expect(reasonsOf(nodeVolumeLimits, newPod('p', { volumes }), cluster)).toEqual(reasons)
  })
})

test('ImageLocality prefers the node that has the image, more so the bigger and the more spread it is', () => {
  const mebibyte = 1024 * 1024
  const holding = (name: string, sizeBytes: number): Node => {
    const node = newNode(name)
    return { ...node, status: { ...node.status, images: [{ names: ['nginx:latest'], sizeBytes }] } }
  }
  const cluster = newCluster([holding('a', 500 * mebibyte), newNode('b')])
  const pod = newPod('p', { containers: [{ name: 'c', image: 'nginx' }] })
  // Half of the nodes have it: it counts for 250 Mi of 23 to 1000.
  expect(scoresOf(imageLocality, pod, cluster)).toEqual({ a: 23, b: 0 })
  cluster.cache.setNode(newNode('a'))
  expect(scoresOf(imageLocality, pod, cluster)).toEqual({})
})
