/** History of a cache: what is kept of it, and that it is let go though nothing more is written. */
import { describe, expect, test } from '@jest/globals'
import { FakeClock, SeededRandom } from '../machinery/fake-clock.js'
import { newMemoryStorage } from '../storage/memory/open.js'
import { Change } from './change.js'
import { WatchCache } from './watch-cache.js'
import { Window } from './window.js'

const revisions = (window: Window, after: number) => [...window.after(after)].map(({ revision }) => revision)

describe('Window', () => {
  test('forgets up to a revision, and what is left can be replayed', () => {
    const window = new Window(0)
    for (let revision = 1; revision <= 10; revision++) window.push(new Change('k', revision, {}))
    for (const floor of [2, 3, 7]) {
      window.trim(floor)
      expect(revisions(window, floor)[0]).toBe(floor + 1)
    }
    window.push(new Change('k', 11, {}))
    expect([window.floor, window.size]).toEqual([7, 4])
    expect(revisions(window, 8)).toEqual([9, 10, 11])
  })
})

describe('WatchCache', () => {
  test('lets history go when its time is over, without another write', async () => {
    const clock = new FakeClock()
    const storage = newMemoryStorage(clock)
    const cache = new WatchCache({
      ...{ storage, clock, random: new SeededRandom(1), prefix: '/k/', namespaced: false, readers: {} },
      decode: bytes => JSON.parse(Buffer.from(bytes).toString()),
    })
    await cache.list({ selection: { labels: { requirements: [] }, fields: { requirements: [] } } })
    for (const n of [1, 2, 3]) await storage.put('/k/a', Buffer.from(`{"metadata":{"name":"a"},"n":${n}}`))
    expect(cache.stats()).toMatchObject({ objects: 1, window: 3 })
    await clock.advance(4 * 60_000)
    expect(cache.stats()).toMatchObject({ window: 3 })
    await clock.advance(3 * 60_000)
    expect(cache.stats()).toMatchObject({ objects: 1, window: 0 })
    cache.stop()
    await storage.close()
  })
})
