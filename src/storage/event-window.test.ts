import { describe, expect, test } from '@jest/globals'
import { FakeClock } from '../machinery/fake-clock.js'
import { startAging } from './aging.js'
import { EventWindow } from './event-window.js'
import type { StorageEvent } from './storage.js'

const event = (revision: number, key = 'a', size = 1): StorageEvent => ({
  type: 'put',
  key,
  revision,
  current: { key, bytes: new Uint8Array(size), createRevision: revision, modRevision: revision },
})
const revisions = (events: readonly StorageEvent[]) => events.map(({ revision }) => revision)

describe('EventWindow', () => {
  test('gives what came after a revision, holes or not', () => {
    const window = new EventWindow(7, { maxEvents: 10, maxBytes: 1000 })
    for (const revision of [8, 12, 13]) window.push(event(revision))
    expect([7, 8, 9, 12, 13].map(from => revisions(window.after(from)))).toEqual([
      [8, 12, 13],
      [12, 13],
      [12, 13],
      [13],
      [],
    ])
  })

  test('finds a key among those of one revision', () => {
    const window = new EventWindow(7, { maxEvents: 10, maxBytes: 1000 })
    window.push(event(8, 'a'))
    window.push(event(8, 'b'))
    expect([window.find(8, 'b')?.key, window.find(8, 'c'), window.find(9, 'b')]).toEqual(['b', undefined, undefined])
  })

  test.each([
    { name: 'events', bounds: { maxEvents: 2, maxBytes: 1000 } },
    { name: 'bytes', bounds: { maxEvents: 10, maxBytes: 20 } },
  ])('is bounded by $name: the floor rises', ({ bounds }) => {
    const window = new EventWindow(0, bounds)
    for (const revision of [3, 5, 9]) window.push(event(revision, 'a', 10))
    expect([window.floor, revisions(window.after(window.floor))]).toEqual([3, [5, 9]])
  })

  test('is trimmed to a revision between two events', () => {
    const window = new EventWindow(0, { maxEvents: 10, maxBytes: 1000 })
    for (const revision of [3, 5, 9]) window.push(event(revision))
    window.trim(7)
    expect([window.floor, revisions(window.after(7))]).toEqual([7, [9]])
  })

  test('weighs as it is told', () => {
    const window = new EventWindow(0, { maxEvents: 10, maxBytes: 20 }, () => 1)
    for (const revision of [3, 5, 9]) window.push(event(revision, 'a', 1000))
    expect(window.floor).toBe(0)
  })
})

test('history goes by its age, in steps of half a minute', async () => {
  const clock = new FakeClock()
  const window = new EventWindow(0, { maxEvents: 10, maxBytes: 1000 })
  let revision = 0
  const write = () => window.push(event(++revision))
  const stop = startAging({ clock, maxAge: 60_000, revision: () => revision, trim: old => window.trim(old) })
  write()
  await clock.advance(30_000)
  write()
  await clock.advance(59_999)
  expect(window.floor).toBe(0)
  await clock.advance(1)
  expect([window.floor, revisions(window.after(1))]).toEqual([1, [2]])
  stop()
  expect(clock.pending).toBe(0)
})
