import { describe, expect, test } from '@jest/globals'
import { FakeClock, settle } from '../machinery/fake-clock.js'
import { newMetricRegistry } from '../telemetry/metrics.js'
import { newWorkqueue } from './workqueue.js'
import { WorkqueueMetrics } from './workqueue-metrics.js'

const newQueue = (clock = new FakeClock()) => ({ clock, queue: newWorkqueue({ clock, name: 'test' }) })

describe('a work queue', () => {
  test('holds an item once however often it is added', async () => {
    const { queue } = newQueue()
    queue.add('a')
    queue.add('a')
    queue.add('b')
    expect([await queue.next(), await queue.next(), queue.length]).toEqual(['a', 'b', 0])
  })

  test('queues an item added during its work again, after the work', async () => {
    const { queue } = newQueue()
    queue.add('a')
    await queue.next()
    queue.add('a')
    expect(queue.length).toBe(0)
    queue.done('a')
    expect(queue.length).toBe(1)
  })

  test('gives waiting workers one item each', async () => {
    const { queue } = newQueue()
    const taken = Promise.all([queue.next(), queue.next()])
    queue.add('a')
    queue.add('b')
    expect(await taken).toEqual(['a', 'b'])
  })

  test('adds after a delay, the earliest of several', async () => {
    const { queue, clock } = newQueue()
    queue.addAfter('a', 5_000)
    queue.addAfter('a', 1_000)
    queue.addAfter('a', 9_000)
    await clock.advance(999)
    expect(queue.length).toBe(0)
    await clock.advance(1)
    expect([queue.length, clock.pending]).toEqual([1, 0])
  })

  test('backs off from 5 ms, doubling, until the item is forgotten', async () => {
    const { queue, clock } = newQueue()
    const waits: (number | undefined)[] = []
    for (let i = 0; i < 4; i++) {
      queue.addRateLimited('a')
      waits.push(clock.untilNext)
      await clock.advance(clock.untilNext ?? 0)
      queue.done((await queue.next()) ?? '')
      if (i === 2) queue.forget('a')
    }
    expect(waits).toEqual([5, 10, 20, 5])
  })

  test('answers undefined once shut down, also to those who wait', async () => {
    const { queue, clock } = newQueue()
    const waiting = queue.next()
    queue.addAfter('a', 10)
    queue.shutDown()
    await settle()
    expect([await waiting, await queue.next(), clock.pending]).toEqual([undefined, undefined, 0])
  })

  test("tells upstream's metrics, from zero on", async () => {
    const registry = newMetricRegistry()
    const clock = new FakeClock()
    const queue = newWorkqueue({ clock, name: 'test', metrics: new WorkqueueMetrics(registry) })
    queue.add('a')
    await queue.next()
    await clock.advance(3_000)
    const text = await registry.metrics()
    expect(text).toContain('workqueue_adds_total{name="test"} 1')
    expect(text).toContain('workqueue_retries_total{name="test"} 0')
    expect(text).toContain('workqueue_unfinished_work_seconds{name="test"} 3')
    expect(text).toContain('workqueue_queue_duration_seconds_count{name="test"} 1')
  })
})
