import { expect, test } from '@jest/globals'
import { FakeClock } from '../machinery/fake-clock.js'
import { KeyedBackoff } from './backoff.js'

test('doubles from 10 s to 5 min, and begins anew after 10 quiet minutes', async () => {
  const clock = new FakeClock()
  const backoff = new KeyedBackoff(clock)
  expect(backoff.remaining('c', clock.now())).toBe(0)
  const delays: number[] = []
  for (let i = 0; i < 7; i++) {
    backoff.next('c', clock.now())
    delays.push(backoff.delay('c') / 1000)
    expect(backoff.remaining('c', clock.now())).toBe(backoff.delay('c'))
    await clock.advance(backoff.delay('c'))
    expect(backoff.remaining('c', clock.now() - backoff.delay('c'))).toBe(0)
  }
  expect(delays).toEqual([10, 20, 40, 80, 160, 300, 300])
  await clock.advance(601_000)
  expect(backoff.remaining('c', clock.now())).toBe(0)
  backoff.next('c', clock.now())
  expect(backoff.delay('c')).toBe(10_000)
})
