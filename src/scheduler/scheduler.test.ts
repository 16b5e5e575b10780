import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { newInformerFactory } from '../client/informer-factory.js'
import { FakeClock, SeededRandom, settle } from '../machinery/fake-clock.js'
import { silentLogger } from '../telemetry/logger.js'
import { newMetricRegistry } from '../telemetry/metrics.js'
import { FakeApi } from './fake-api.js'
import { type Scheduler, startScheduler } from './scheduler.js'
import { newNode, newPod } from './scheduler-testing.js'

let api: FakeApi
let clock: FakeClock
let scheduler: Scheduler
let stopInformers: () => void
const metrics = () => registry.metrics()
let registry: ReturnType<typeof newMetricRegistry>

beforeEach(async () => {
  api = new FakeApi()
  clock = new FakeClock()
  registry = newMetricRegistry()
  const shared = { client: api.client, clock, random: new SeededRandom(), log: silentLogger }
  const informers = newInformerFactory(shared)
  scheduler = startScheduler({ ...shared, informers, metrics: registry })
  informers.start()
  stopInformers = () => informers.stop()
  await settled()
})
afterEach(() => {
  scheduler.stop()
  stopInformers()
})

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await settle()
}
const nodeOf = (name: string) => api.pod(name)?.spec.nodeName
const conditionOf = (name: string) => api.pod(name)?.status?.conditions?.find(({ type }) => type === 'PodScheduled')
const wordsOf = (name: string) => api.events.filter(event => event.name === name).map(e => `${e.reason}: ${e.message}`)

test('a pod gets a node, and an event says so', async () => {
  api.addNode(newNode('n'))
  api.addPod(newPod('p', { cpu: '1' }))
  await settled()
  expect(nodeOf('p')).toBe('n')
  expect(wordsOf('p')).toEqual(['Scheduled: Successfully assigned default/p to n'])
  expect(await metrics()).toContain(
    'scheduler_schedule_attempts_total{result="scheduled",profile="default-scheduler"} 1',
  )
})

test('pods spread over nodes by what is free', async () => {
  for (const name of ['a', 'b', 'c']) api.addNode(newNode(name))
  for (const name of ['p', 'q', 'r']) api.addPod(newPod(name, { cpu: '1', memory: '2Gi' }))
  await settled()
  expect(new Set(['p', 'q', 'r'].map(nodeOf)).size).toBe(3)
})

test('a pod that fits nowhere says why, and is placed once it does', async () => {
  api.addNode(newNode('small', { cpu: '1' }))
  api.addNode(newNode('tainted', { taints: [{ key: 'k', effect: 'NoSchedule' }] }))
  await settled()
  api.addPod(newPod('p', { cpu: '2' }))
  await settled()
  const message =
    '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.'
  expect(conditionOf('p')).toMatchObject({ status: 'False', reason: 'Unschedulable', message, observedGeneration: 1 })
  expect(wordsOf('p')).toEqual([`FailedScheduling: ${message}`])

  api.addNode(newNode('big'))
  await settled()
  expect(nodeOf('p')).toBe('big')
})

test('without nodes the pod waits for one', async () => {
  api.addPod(newPod('p'))
  await settled()
  expect(conditionOf('p')?.message).toBe('no nodes available to schedule pods')
  api.addNode(newNode('n'))
  await settled()
  expect(nodeOf('p')).toBe('n')
})

test('room that a finished or deleted pod leaves is used', async () => {
  api.addNode(newNode('n', { cpu: '1' }))
  api.addPod(newPod('first', { cpu: '1', node: 'n' }))
  api.addPod(newPod('second', { cpu: '1' }))
  await settled()
  expect(nodeOf('second')).toBeUndefined()
  api.addPod({ ...newPod('first', { cpu: '1', node: 'n' }), status: { phase: 'Succeeded' } })
  await settled()
  expect(nodeOf('second')).toBe('n')
})

test('pods of other schedulers, gated pods and pods being deleted are left alone', async () => {
  api.addNode(newNode('n'))
  api.addPod(newPod('other', { schedulerName: 'mine' }))
  api.addPod(newPod('gated', { schedulingGates: [{ name: 'g' }] }))
  const going = newPod('going')
  api.addPod({ ...going, metadata: { ...going.metadata, deletionTimestamp: '2025-01-01T00:00:00Z' } })
  await settled()
  expect(['other', 'gated', 'going'].map(nodeOf)).toEqual([undefined, undefined, undefined])
  api.addPod(newPod('gated'))
  await settled()
  expect(nodeOf('gated')).toBe('n')
})

test('a binding that fails is tried again after a back-off, and its room is free meanwhile', async () => {
  let failures = 1
  api.onBind = pod => {
    if (pod === 'p' && failures-- > 0) throw new Error('no quorum')
  }
  api.addNode(newNode('n', { cpu: '1' }))
  api.addPod(newPod('p', { cpu: '1' }))
  await settled()
  expect(nodeOf('p')).toBeUndefined()
  expect(conditionOf('p')).toMatchObject({
    reason: 'SchedulerError',
    message: 'running Bind plugin "DefaultBinder": no quorum',
  })
  await clock.advance(1000)
  await settled()
  expect(nodeOf('p')).toBe('n')
})

test('a more important pod makes room for itself and takes it', async () => {
  api.addNode(newNode('n', { cpu: '1' }))
  api.addPod(newPod('lesser', { cpu: '1', node: 'n' }))
  api.addPod(newPod('important', { cpu: '1', priority: 10 }))
  await settled()
  expect(api.pod('lesser')).toBeUndefined()
  expect(wordsOf('lesser')).toEqual(['Preempted: Preempted by pod pod-important on node n'])
  await clock.advance(1000)
  await settled()
  expect(nodeOf('important')).toBe('n')
})
