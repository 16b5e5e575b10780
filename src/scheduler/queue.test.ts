import { describe, expect, test } from '@jest/globals'
import { FakeClock } from '../machinery/fake-clock.js'
import { newProfile } from './profiles/profile.js'
import { SchedulingQueue } from './queue.js'
import { newNode, newPod, type PodShape } from './scheduler-testing.js'

function newQueue() {
  const clock = new FakeClock(0)
  let woken = 0
  const held = new Set<string>()
  const queue = new SchedulingQueue({
    clock,
    pluginsOf: () => newProfile({}).filters,
    wake: () => void woken++,
    isHeld: uid => held.has(uid),
  })
  return {
    clock,
    queue,
    held,
    woken: () => woken,
    add: (name: string, shape?: PodShape) => queue.addOrUpdate(newPod(name, shape)),
  }
}
const popped = (queue: SchedulingQueue) => queue.pop()?.info.pod.metadata.name
const fit = new Set(['NodeResourcesFit'])

test('higher priority first, then who came first', async () => {
  const { clock, queue, add } = newQueue()
  add('old')
  await clock.advance(1)
  add('young')
  add('important', { priority: 10 })
  expect([popped(queue), popped(queue), popped(queue), popped(queue)]).toEqual(['important', 'old', 'young', undefined])
})

describe('a pod that was turned away', () => {
  test('waits for an event its plugins care for, and out its back-off', async () => {
    const { clock, queue, add } = newQueue()
    add('p', { cpu: '2' })
    queue.addUnschedulable(queue.pop()!, fit)
    expect(queue.sizes()).toMatchObject({ active: 0, unschedulable: 1 })

    queue.moveOn({ type: 'NodeAdd', node: newNode('too-small', { cpu: '1' }) })
    expect(queue.sizes().unschedulable).toBe(1)

    queue.moveOn({ type: 'NodeAdd', node: newNode('big') })
    expect(queue.sizes()).toMatchObject({ active: 0, backoff: 1, unschedulable: 0 })
    await clock.advance(1000)
    expect(queue.sizes()).toMatchObject({ active: 1, backoff: 0 })
  })
  test('is taken out of its back-off when there is nothing else to do', () => {
    const { queue, add } = newQueue()
    add('p', { cpu: '2' })
    queue.addUnschedulable(queue.pop()!, fit)
    queue.moveOn({ type: 'NodeAdd', node: newNode('big') })
    expect(popped(queue)).toBe('p')
  })
  test('is tried again at once when the event comes after the back-off', async () => {
    const { clock, queue, add, woken } = newQueue()
    add('p', { cpu: '2' })
    queue.addUnschedulable(queue.pop()!, fit)
    await clock.advance(1001)
    const before = woken()
    queue.moveOn({ type: 'NodeAdd', node: newNode('big') })
    expect(queue.sizes().active).toBe(1)
    expect(woken()).toBe(before + 1)
  })
  test('is tried after five minutes in any case', async () => {
    const { clock, queue, add } = newQueue()
    add('p')
    queue.addUnschedulable(queue.pop()!, fit)
    await clock.advance(5 * 60_000)
    expect(queue.sizes()).toMatchObject({ active: 1, unschedulable: 0 })
  })
  test('stays where it is when only its status changes, and moves when its spec does', () => {
    const { queue, add } = newQueue()
    add('p', { cpu: '2' })
    queue.addUnschedulable(queue.pop()!, fit)
    add('p', { cpu: '2' })
    expect(queue.sizes().unschedulable).toBe(1)
    add('p', { cpu: '1' })
    expect(queue.sizes().unschedulable).toBe(0)
  })
})

test('after an error the back-off doubles up to ten seconds, and is sat out', async () => {
  const { clock, queue, add } = newQueue()
  add('p')
  for (const seconds of [1, 2, 4, 8, 10, 10]) {
    queue.addFailed(queue.pop()!)
    await clock.advance(seconds * 1000 - 1)
    expect(popped(queue)).toBeUndefined()
    await clock.advance(1)
    expect(queue.sizes().active).toBe(1)
  }
})

test('gated pods wait until their gates are gone, and are not counted as unschedulable', () => {
  const { queue, add } = newQueue()
  add('p', { schedulingGates: [{ name: 'g' }] })
  queue.moveOn({ type: 'NodeAdd', node: newNode('n') })
  expect(queue.sizes()).toEqual({ active: 0, backoff: 0, unschedulable: 0, gated: 1 })
  add('p', { schedulingGates: [] })
  expect(popped(queue)).toBe('p')
})

test('pods for which victims are still being deleted are held back', () => {
  const { queue, add, held } = newQueue()
  add('p')
  queue.addUnschedulable(queue.pop()!, new Set())
  held.add('pod-p')
  queue.moveOn({ type: 'NodeAdd', node: newNode('n') })
  expect(queue.sizes().unschedulable).toBe(1)
  held.clear()
  queue.activate('pod-p')
  expect(popped(queue)).toBe('p')
})

test('a removed pod is nowhere', () => {
  const { queue, add } = newQueue()
  add('p')
  queue.remove('pod-p')
  expect(popped(queue)).toBeUndefined()
})
