/** Events are forgotten an hour after they were written last. */
import { expect, test } from '@jest/globals'
import { event } from '../apis/core-v1/event.js'
import { formatTime } from '../machinery/clock.js'
import { startEventExpiry } from './event-expiry.js'
import { names, newFixture, newObject, scope } from './fixture.js'

const minute = 60_000

test('events go after their time, those seen again later', async () => {
  const { registry, clock } = newFixture([event])
  const events = registry.rest(event)
  const stop = startEventExpiry({ events, clock }, error => {
    throw error
  })
  const about = { involvedObject: { namespace: 'ns' } }
  for (const name of ['once', 'again']) await events.create('ns', newObject(name, about), scope)
  await clock.advance(40 * minute)
  const lastTimestamp = formatTime(clock.now())
  await events.update({ name: 'again', namespace: 'ns' }, o => ({ ...o!, lastTimestamp }), scope)
  expect(names(await events.list('ns', {}))).toEqual(['again', 'once'])
  await clock.advance(25 * minute)
  expect(names(await events.list('ns', {}))).toEqual(['again'])
  await clock.advance(40 * minute)
  expect(names(await events.list('ns', {}))).toEqual([])
  stop()
})
