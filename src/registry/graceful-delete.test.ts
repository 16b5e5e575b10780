/** Deletion with a grace period, against upstream's rules. */
import { beforeEach, describe, expect, test } from '@jest/globals'
import { type Fixture, failure, lingering, newFixture, newObject, scope } from './fixture.js'
import type { Rest } from './rest.js'

let fixture: Fixture
beforeEach(() => {
  fixture = newFixture()
})

const key = { name: 'a', namespace: 'ns' }

describe('graceful delete', () => {
  let rest: Rest
  beforeEach(async () => {
    rest = fixture.registry.rest(lingering)
    await rest.create('ns', newObject('a'), scope)
  })

  test('marks the object with the time of its end, which may come sooner but not later', async () => {
    const marked = await rest.delete(key, {}, scope)
    expect([marked.removed, marked.stored.object.metadata]).toMatchObject([
      false,
      { deletionTimestamp: '2025-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 },
    ])
    await fixture.clock.advance(5000)
    const sooner = await rest.delete(key, { gracePeriodSeconds: 10 }, scope)
    expect(sooner.stored.object.metadata).toMatchObject({
      deletionTimestamp: '2025-01-01T00:00:10Z',
      deletionGracePeriodSeconds: 10,
    })
    const later = await rest.delete(key, { gracePeriodSeconds: 60 }, scope)
    expect(later.stored.object.metadata.deletionGracePeriodSeconds).toBe(10)
  })

  test('a period of zero ends it', async () => {
    await rest.delete(key, {}, scope)
    expect((await rest.delete(key, { gracePeriodSeconds: 0 }, scope)).removed).toBe(true)
    expect((await failure(rest.get(key))).code).toBe(404)
  })

  test('an update never removes the mark, and finalizers outlast the period', async () => {
    await rest.update(key, o => ({ ...o!, metadata: { ...o!.metadata, finalizers: ['example.com/hold'] } }), scope)
    await rest.delete(key, { gracePeriodSeconds: 0 }, scope)
    const { stored } = await rest.update(
      key,
      o => {
        delete o!.metadata.deletionTimestamp
        o!.metadata.labels = { a: 'b' }
        return o!
      },
      scope,
    )
    expect(stored.object.metadata).toMatchObject({
      deletionGracePeriodSeconds: 0,
      deletionTimestamp: expect.anything(),
    })
  })
})
