import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { persistentVolumeClaim as claimKind, persistentVolume as volumeKind } from '../../apis/core-v1/index.js'
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeSpec,
} from '../../apis/generated/core-v1.js'
import type { StorageClass } from '../../apis/generated/storage-v1.js'
import { storageClass } from '../../apis/storage-v1/storage-class.js'
import { startTestCluster, type TestCluster } from '../testing/cluster.js'

let cluster: TestCluster
/** Names of the directories that are there. */
let directories: Set<string>
beforeEach(async () => {
  directories = new Set()
  cluster = await startTestCluster({
    volumes: {
      path: '/volumes',
      make: async name => void directories.add(name),
      remove: async name => void directories.delete(name),
    },
  })
})
afterEach(() => cluster.stop())

const claimKey = (name: string) => ({ namespace: 'default', name })
const newClaim = (name: string, spec: Partial<PersistentVolumeClaimSpec> = {}) =>
  cluster.admin.create<PersistentVolumeClaim>(claimKind, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: claimKey(name),
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: '',
      ...spec,
    },
  })
const newVolume = (name: string, storage: string, spec: Partial<PersistentVolumeSpec> = {}) =>
  cluster.admin.create<PersistentVolume>(volumeKind, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: { capacity: { storage }, accessModes: ['ReadWriteOnce'], hostPath: { path: `/data/${name}` }, ...spec },
  })
const newClass = (name: string, fields: Partial<StorageClass> = {}, annotations = {}) =>
  cluster.admin.create<StorageClass>(storageClass, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name, annotations },
    provisioner: 'minik8s.dev/hostpath',
    ...fields,
  })
const claim = (name: string) => cluster.admin.get(claimKind, claimKey(name))
const volume = (name: string) => cluster.admin.get(volumeKind, { name })
const phaseOf = async (name: string) => (await claim(name)).status?.phase
const bound = (name: string) => cluster.until(`${name} is bound`, async () => (await phaseOf(name)) === 'Bound')
const volumes = async () => (await cluster.admin.list(volumeKind)).items

describe('a claim', () => {
  test('gets the smallest volume that suits it, and both say so', async () => {
    await newVolume('big', '5Gi')
    await newVolume('small', '2Gi')
    await newVolume('tiny', '100Mi')
    await newVolume('shared', '1Gi', { accessModes: ['ReadOnlyMany'] })
    await cluster.until('they are free', async () => (await volumes()).every(v => v.status?.phase === 'Available'))
    await newClaim('data')
    await bound('data')
    const { metadata, spec, status } = await claim('data')
    expect(spec.volumeName).toBe('small')
    expect(metadata.annotations).toEqual({
      'pv.kubernetes.io/bind-completed': 'yes',
      'pv.kubernetes.io/bound-by-controller': 'yes',
    })
    expect(status).toEqual({ phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '2Gi' } })
    expect(await volume('small')).toMatchObject({
      spec: { claimRef: { namespace: 'default', name: 'data', uid: metadata.uid } },
      status: { phase: 'Bound' },
    })
  })

  test('gets the volume that is reserved for it', async () => {
    await newVolume('reserved', '5Gi', { claimRef: { namespace: 'default', name: 'data' } })
    await newVolume('small', '2Gi')
    await newClaim('data')
    await bound('data')
    expect((await claim('data')).spec.volumeName).toBe('reserved')
    expect((await volume('reserved')).metadata.annotations).toBeUndefined()
  })

  test('waits until there is one, and for the very one that it names', async () => {
    await newClaim('any')
    await newClaim('named', { volumeName: 'mine' })
    await cluster.until('it is told', async () =>
      (await cluster.events('any')).includes(
        'no persistent volumes available for this claim and no storage class is set',
      ),
    )
    await newVolume('mine', '100Mi')
    await cluster.until('it is told', async () =>
      (await cluster.events('named')).includes('Cannot bind to requested volume "mine": requested PV is too small'),
    )
    expect(await phaseOf('named')).toBe('Pending')
    await newVolume('other', '1Gi')
    await bound('any')
  })

  test('is lost when its volume goes', async () => {
    await newVolume('small', '2Gi')
    await newClaim('data')
    await bound('data')
    await cluster.admin.delete(volumeKind, { name: 'small' })
    await cluster.admin.patch(
      volumeKind,
      { name: 'small' },
      { type: 'application/merge-patch+json', body: { metadata: { finalizers: null } } },
    )
    await cluster.until('it is lost', async () => (await phaseOf('data')) === 'Lost')
    expect(await cluster.events('data')).toContain(
      'Bound claim has lost its PersistentVolume. Data on the volume is lost!',
    )
  })
})

describe('a claim of a class', () => {
  test('gets a directory made for it, which goes with it', async () => {
    await newClass('standard')
    const { metadata } = await newClaim('data', { storageClassName: 'standard' })
    await bound('data')
    const name = `pvc-${metadata.uid}`
    expect([...directories]).toEqual([name])
    expect((await volume(name)).spec).toMatchObject({
      capacity: { storage: '1Gi' },
      hostPath: { path: `/volumes/${name}` },
      persistentVolumeReclaimPolicy: 'Delete',
    })
    await cluster.admin.delete(claimKind, claimKey('data'))
    await cluster.until('the volume is gone', async () => (await volumes()).length === 0)
    expect(directories.size).toBe(0)
  })

  test('that retains keeps the volume and what is in it', async () => {
    await newClass('kept', { reclaimPolicy: 'Retain' })
    await newClaim('data', { storageClassName: 'kept' })
    await bound('data')
    await cluster.admin.delete(claimKind, claimKey('data'))
    await cluster.until('it is released', async () => (await volumes())[0]?.status?.phase === 'Released')
    expect(directories.size).toBe(1)
  })

  test('without one gets the default as soon as there is one', async () => {
    await newClaim('data', { storageClassName: undefined })
    await cluster.run(1000)
    await newClass('standard', {}, { 'storageclass.kubernetes.io/is-default-class': 'true' })
    await bound('data')
    expect((await claim('data')).spec.storageClassName).toBe('standard')
  })

  test('that waits for the first consumer waits, and is told for whom', async () => {
    await newClass('later', { volumeBindingMode: 'WaitForFirstConsumer' })
    await newClaim('data', { storageClassName: 'later' })
    await cluster.until('it is told', async () =>
      (await cluster.events('data')).includes('waiting for first consumer to be created before binding'),
    )
    const waiting = await claim('data')
    const annotations = { 'volume.kubernetes.io/selected-node': 'node-1' }
    await cluster.admin.update(claimKind, { ...waiting, metadata: { ...waiting.metadata, annotations } })
    await bound('data')
  })

  test('of another provisioner is left to that', async () => {
    await newClass('csi', { provisioner: 'csi.example.com' })
    await newClaim('data', { storageClassName: 'csi' })
    await cluster.until('it is asked', async () => {
      const { annotations } = (await claim('data')).metadata
      return annotations?.['volume.kubernetes.io/storage-provisioner'] === 'csi.example.com'
    })
    expect(await volumes()).toHaveLength(0)
  })
})

test('a volume that only says to be ours is not emptied', async () => {
  await newVolume('pvc-0', '1Gi', { persistentVolumeReclaimPolicy: 'Delete', hostPath: { path: '/etc' } })
  const annotations = { 'pv.kubernetes.io/provisioned-by': 'minik8s.dev/hostpath' }
  const claimRef = { namespace: 'default', name: 'gone', uid: 'f0000000-0000-4000-8000-000000000000' }
  const body = { metadata: { annotations }, spec: { claimRef } }
  await cluster.admin.patch(volumeKind, { name: 'pvc-0' }, { type: 'application/merge-patch+json', body })
  await cluster.until('it failed', async () => (await volume('pvc-0')).status?.phase === 'Failed')
  expect((await volume('pvc-0')).status?.message).toContain('its directory is left alone')
})

// The words are those of stock kube-controller-manager v1.34.4.
test.each<[string, Partial<PersistentVolumeSpec>, string]>([
  ['Recycle', {}, 'No recycler plugin found for the volume!'],
  ['Delete', {}, 'host_path deleter only supports /tmp/.+ but received provided /data/old'],
  [
    'Delete',
    { hostPath: undefined, nfs: { server: 'nfs', path: '/' } },
    'error getting deleter volume plugin for volume "old": no deletable volume plugin matched',
  ],
])('a released volume that nobody can %s fails', async (persistentVolumeReclaimPolicy, spec, message) => {
  await newVolume('old', '1Gi', { persistentVolumeReclaimPolicy, ...spec })
  const claimRef = { namespace: 'default', name: 'gone', uid: 'f0000000-0000-4000-8000-000000000000' }
  const body = { spec: { claimRef } }
  await cluster.admin.patch(volumeKind, { name: 'old' }, { type: 'application/merge-patch+json', body })
  await cluster.until('it failed', async () => (await volume('old')).status?.phase === 'Failed')
  expect((await volume('old')).status?.message).toBe(message)
  await cluster.until('it is told', async () => (await cluster.events('old')).includes(message))
})

describe('expansion', () => {
  const grow = (name: string, storage: string) =>
    cluster.admin.patch(claimKind, claimKey(name), {
      type: 'application/merge-patch+json',
      body: { spec: { resources: { requests: { storage } } } },
    })

  test('a claim of our own class that asks for more gets it', async () => {
    await newClass('own', { allowVolumeExpansion: true })
    await newClaim('data', { storageClassName: 'own' })
    await bound('data')
    await grow('data', '3Gi')
    await cluster.until('it has grown', async () => (await claim('data')).status?.capacity?.storage === '3Gi')
    const { metadata, spec, status } = await claim('data')
    expect((await volume(spec.volumeName ?? '')).spec.capacity).toEqual({ storage: '3Gi' })
    expect(metadata.annotations?.['volume.kubernetes.io/storage-resizer']).toBe('minik8s.dev/hostpath')
    expect(status).toEqual({
      phase: 'Bound',
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '3Gi' },
      allocatedResources: { storage: '3Gi' },
    })
    const words = 'ExpandVolume succeeded for volume default/data'
    await cluster.until('it is told', async () => (await cluster.events('data')).includes(words))
  })

  test('one of another class waits for who can', async () => {
    await newClass('theirs', { provisioner: 'example.com/theirs', allowVolumeExpansion: true })
    await newVolume('pv', '1Gi', { storageClassName: 'theirs' })
    await newClaim('data', { storageClassName: 'theirs' })
    await bound('data')
    await grow('data', '3Gi')
    const words = 'waiting for an external controller to expand this PVC'
    await cluster.until('it is told', async () => (await cluster.events('data')).includes(words))
    expect((await claim('data')).status?.capacity?.storage).toBe('1Gi')
  })
})
