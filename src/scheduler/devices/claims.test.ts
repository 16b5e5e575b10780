import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { ResourceClaim } from '../../apis/generated/resource-v1.js'
import type { Client } from '../../client/client.js'
import { newInformerFactory } from '../../client/informer-factory.js'
import { FakeClock, SeededRandom, settle } from '../../machinery/fake-clock.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { conflict } from '../../machinery/status-error.js'
import { loadPatternEngine } from '../../machinery/structural/pattern.js'
import { silentLogger } from '../../telemetry/logger.js'
import { newMetricRegistry } from '../../telemetry/metrics.js'
import { FakeApi } from '../fake-api.js'
import { type Scheduler, startScheduler } from '../scheduler.js'
import { newNode, newPod } from '../scheduler-testing.js'

let api: FakeApi
let scheduler: Scheduler
let clock: FakeClock
let stop: () => void
/** In order; the first `conflicts` are refused. */
let writes: { what: string; claim: ResourceClaim }[]
let conflicts: number

beforeEach(async () => {
  await loadPatternEngine()
  api = new FakeApi()
  clock = new FakeClock()
  writes = []
  conflicts = 0
  const write = (what: string) => async (kind: KindRef, object: KubernetesObject) => {
    if (conflicts-- > 0) throw conflict(kind, object.metadata.name ?? '', 'changed')
    writes.push({ what, claim: object as ResourceClaim })
    api.set('resourceclaims', object)
    return object
  }
  const get = async (_: KindRef, { name }: { name: string }) => claims.get(name)
  const client = Object.assign(Object.create(api.client), {
    ...api.client,
    ...{ get, update: write('update'), updateStatus: write('status') },
  }) as Client
  const shared = { client, clock, random: new SeededRandom(), log: silentLogger }
  const informers = newInformerFactory(shared)
  scheduler = startScheduler({ ...shared, informers, metrics: newMetricRegistry() })
  informers.start()
  stop = () => informers.stop()
  await settled()
  for (const name of ['n1', 'n2']) api.addNode(newNode(name))
  const metadata = { name: 'gpu' }
  api.set('deviceclasses', { apiVersion: 'resource.k8s.io/v1', kind: 'DeviceClass', metadata, spec: {} } as never)
  await settled()
})
afterEach(() => {
  scheduler.stop()
  stop()
})

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await settle()
}

const claims = new Map<string, ResourceClaim>()
function addClaim(name: string): void {
  const requests = [{ name: 'r', exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1 } }]
  const claim: ResourceClaim = {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: { namespace: 'default', name, uid: `claim-${name}` },
    spec: { devices: { requests } },
  }
  claims.set(name, claim)
  api.set('resourceclaims', claim as never)
}

function addDevices(nodeName: string, ...names: string[]): void {
  const pool = { name: nodeName, generation: 1, resourceSliceCount: 1 }
  const spec = { driver: 'd', nodeName, pool, devices: names.map(name => ({ name })) }
  api.set('resourceslices', { apiVersion: '', kind: 'ResourceSlice', metadata: { name: nodeName }, spec } as never)
}

const addPod = (name: string, claim: string): void =>
  api.addPod({
    ...newPod(name),
    spec: { ...newPod(name).spec, resourceClaims: [{ name: 'c', resourceClaimName: claim }] },
  } as Pod)
const nodeOf = (name: string) => api.pod(name)?.spec.nodeName
const wordsOf = (name: string) => api.events.filter(each => each.name === name).map(({ message }) => message)

// As stock kube-scheduler v1.34.4 did it, word for word.
test('a claim is allocated and reserved before its pod is bound', async () => {
  addDevices('n2', 'a')
  addClaim('one')
  addPod('p', 'one')
  await settled()
  expect(nodeOf('p')).toBe('n2')
  expect(writes.map(({ what }) => what)).toEqual(['update', 'status'])
  expect(writes[1]?.claim).toMatchObject({
    metadata: { finalizers: ['resource.kubernetes.io/delete-protection'] },
    status: {
      allocation: {
        devices: { results: [{ request: 'r', driver: 'd', pool: 'n2', device: 'a' }] },
        nodeSelector: {
          nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }] }],
        },
      },
      reservedFor: [{ resource: 'pods', name: 'p', uid: 'pod-p' }],
    },
  })
})

test('a device is given once; who comes later waits, and gets it when it is free', async () => {
  addDevices('n2', 'a')
  for (const name of ['one', 'two']) addClaim(name)
  addPod('p', 'one')
  addPod('q', 'two')
  await settled()
  expect([nodeOf('p'), nodeOf('q')]).toEqual(['n2', undefined])
  expect(wordsOf('q')).toEqual([
    '0/2 nodes are available: 2 cannot allocate all claims. still not schedulable, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
  ])
  addDevices('n1', 'b')
  await clock.advance(2_000)
  await settled()
  expect(nodeOf('q')).toBe('n1')
})

test('a pod waits in silence for its claim, and two pods may share one', async () => {
  addDevices('n1', 'a')
  for (const name of ['p', 'q']) addPod(name, 'late')
  await settled()
  expect([nodeOf('p'), wordsOf('p')]).toEqual([undefined, []])
  addClaim('late')
  await settled()
  await clock.advance(2_000)
  await settled()
  expect([nodeOf('p'), nodeOf('q')]).toEqual(['n1', 'n1'])
  expect(
    writes
      .at(-1)
      ?.claim.status?.reservedFor?.map(({ name }) => name)
      .sort(),
  ).toEqual(['p', 'q'])
})

test('a claim that others change meanwhile is written again', async () => {
  conflicts = 2
  addDevices('n1', 'a')
  addClaim('one')
  addPod('p', 'one')
  await settled()
  expect(nodeOf('p')).toBe('n1')
})
