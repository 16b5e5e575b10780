/** The contract of `Storage` (src/storage/storage.ts) as tests: every engine passes this suite. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  KeyConflict,
  RevisionCompacted,
  RevisionInFuture,
  type Storage,
  type StorageEvent,
} from '../../src/storage/storage.js'
import { bytes, take, text } from './storage-values.js'

/** Makes an empty store. */
export type OpenStorage = () => Promise<Storage>

const prefix = '/registry/pods/'
const a = `${prefix}default/a`
const b = `${prefix}default/b`
const other = '/registry/nodes/n'

/** Runs the suite over an engine. */
export function testStorage(name: string, open: OpenStorage): void {
  let storage: Storage
  beforeEach(async () => {
    storage = await open()
  })
  afterEach(() => storage.close())

  describe(`${name}: writes`, () => {
    test('a put is read back with its revisions', async () => {
      const first = await storage.put(a, bytes('1'))
      const second = await storage.put(a, bytes('2'))
      expect(second.createRevision).toBe(first.modRevision)
      expect(second.modRevision).toBeGreaterThan(first.modRevision)
      expect(text(await storage.get(a))).toBe('2')
      expect(storage.revision()).toBe(second.modRevision)
    })

    test('an absent key reads as undefined', async () => {
      expect(await storage.get(a)).toBeUndefined()
    })

    test('an empty value is a value', async () => {
      await storage.put(a, bytes(''))
      expect(text(await storage.get(a))).toBe('')
    })

    test('put expecting absent conflicts when the key is there, and says what is', async () => {
      await storage.put(a, bytes('1'))
      const error = await storage.put(a, bytes('2'), { expect: 'absent' }).catch(e => e)
      expect(error).toBeInstanceOf(KeyConflict)
      expect(text(error.current)).toBe('1')
    })

    test('put expecting a revision conflicts when another is there, or none', async () => {
      const { modRevision } = await storage.put(a, bytes('1'))
      await storage.put(a, bytes('2'), { expect: modRevision })
      await expect(storage.put(a, bytes('3'), { expect: modRevision })).rejects.toBeInstanceOf(KeyConflict)
      await expect(storage.put(b, bytes('3'), { expect: modRevision })).rejects.toBeInstanceOf(KeyConflict)
    })

    test('of two writers with one expectation exactly one wins, also when both are under way', async () => {
      const { modRevision } = await storage.put(a, bytes('1'))
      const results = await Promise.allSettled([
        storage.put(a, bytes('x'), { expect: modRevision }),
        storage.put(a, bytes('y'), { expect: modRevision }),
        storage.delete(a, { expect: modRevision }),
      ])
      expect(results.map(r => r.status)).toEqual(['fulfilled', 'rejected', 'rejected'])
      expect(text(await storage.get(a))).toBe('x')
    })

    test('the loser sees the winner’s value in the conflict', async () => {
      const results = await Promise.allSettled([
        storage.put(a, bytes('x'), { expect: 'absent' }),
        storage.put(a, bytes('y'), { expect: 'absent' }),
      ])
      const lost = results[1] as PromiseRejectedResult
      expect(text(lost.reason.current)).toBe('x')
    })

    test('delete returns what was there and takes a revision of its own', async () => {
      const put = await storage.put(a, bytes('1'))
      const { previous, revision } = await storage.delete(a)
      expect(text(previous)).toBe('1')
      expect(revision).toBeGreaterThan(put.modRevision)
      expect(await storage.get(a)).toBeUndefined()
    })

    test('delete conflicts when the key is absent or at another revision', async () => {
      await expect(storage.delete(a)).rejects.toBeInstanceOf(KeyConflict)
      await storage.put(a, bytes('1'))
      await expect(storage.delete(a, { expect: 9999 })).rejects.toBeInstanceOf(KeyConflict)
    })

    test('a key made again after its deletion has a new createRevision', async () => {
      await storage.put(a, bytes('1'))
      const { revision } = await storage.delete(a)
      const again = await storage.put(a, bytes('2'), { expect: 'absent' })
      expect(again.createRevision).toBeGreaterThan(revision)
    })
  })

  describe(`${name}: lists`, () => {
    beforeEach(async () => {
      for (const key of ['c', 'a', 'b', 'd']) await storage.put(`${prefix}default/${key}`, bytes(key))
      await storage.put(other, bytes('n'))
    })

    const keysOf = (page: { items: { key: string }[] }) => page.items.map(s => s.key.slice(-1)).join('')

    test('a list has the prefix’s items in key order, and no others', async () => {
      const page = await storage.list(prefix)
      expect(keysOf(page)).toBe('abcd')
      expect(page).toMatchObject({ more: false, revision: storage.revision() })
    })

    test('pages go on after a key and say what is left', async () => {
      const first = await storage.list(prefix, { limit: 3 })
      expect([keysOf(first), first.more]).toEqual(['abc', true])
      const last = await storage.list(prefix, { limit: 3, after: first.items.at(-1)!.key })
      expect([keysOf(last), last.more]).toEqual(['d', false])
    })

    test('pages at one revision are one snapshot, whatever is written meanwhile', async () => {
      const { revision, items } = await storage.list(prefix, { limit: 2 })
      await storage.put(`${prefix}default/c`, bytes('changed'))
      await storage.delete(`${prefix}default/d`)
      await storage.put(`${prefix}default/cc`, bytes('new'))
      const rest = await storage.list(prefix, { revision, after: items.at(-1)!.key })
      expect(rest.items.map(text)).toEqual(['c', 'd'])
      expect(rest.revision).toBe(revision)
    })

    test('a list at a compacted revision is refused, at the compacted one itself served', async () => {
      const revision = storage.revision()
      await storage.put(a, bytes('later'))
      await storage.compact(revision)
      expect(storage.compacted()).toBe(revision)
      expect((await storage.list(prefix, { revision })).items.map(text)).toEqual(['a', 'b', 'c', 'd'])
      await expect(storage.list(prefix, { revision: revision - 1 })).rejects.toBeInstanceOf(RevisionCompacted)
    })

    test('a list at a revision to come is refused', async () => {
      await expect(storage.list(prefix, { revision: storage.revision() + 1 })).rejects.toBeInstanceOf(RevisionInFuture)
    })
  })

  describe(`${name}: watches`, () => {
    const shown = (events: readonly StorageEvent[]) =>
      events.map(e => `${e.type} ${e.key.slice(-1)} ${text(e.previous)}>${text(e.current)}`)

    test('a watch replays what came after its revision and then goes live', async () => {
      await storage.put(a, bytes('1'))
      const from = storage.revision()
      await storage.put(a, bytes('2'))
      const events = take(storage, prefix, from, 4)
      await storage.put(other, bytes('unseen'))
      await storage.put(b, bytes('3'))
      await storage.delete(a)
      await storage.put(a, bytes('4'))
      expect(shown(await events)).toEqual([
        'put a 1>2',
        'put b undefined>3',
        'delete a 2>undefined',
        'put a undefined>4',
      ])
    })

    test('events carry ascending revisions, the writer’s own', async () => {
      const events = take(storage, prefix, storage.revision(), 3)
      const put = await storage.put(a, bytes('1'))
      const { revision } = await storage.delete(a)
      const again = await storage.put(a, bytes('2'))
      expect((await events).map(e => e.revision)).toEqual([put.modRevision, revision, again.modRevision])
    })

    test('a watch from before the compaction is refused', async () => {
      await storage.put(a, bytes('1'))
      await storage.put(a, bytes('2'))
      await storage.compact(storage.revision())
      await expect(take(storage, prefix, storage.revision() - 1, 1)).rejects.toBeInstanceOf(RevisionCompacted)
    })

    test('a watch ends when its signal aborts', async () => {
      const controller = new AbortController()
      const iterator = storage.watch(prefix, storage.revision(), controller.signal)[Symbol.asyncIterator]()
      const next = iterator.next()
      controller.abort()
      expect((await next).done).toBe(true)
    })

    test('a subscriber has every event before its writer goes on', async () => {
      const seen: number[] = []
      const end = storage.subscribe(prefix, storage.revision(), events => seen.push(...events.map(e => e.revision)))
      const { modRevision } = await storage.put(a, bytes('1'))
      expect(seen).toEqual([modRevision])
      end()
      await storage.put(a, bytes('2'))
      expect(seen).toEqual([modRevision])
    })

    test('what a subscriber is told of is what a reader finds', async () => {
      const reads: Promise<unknown>[] = []
      storage.subscribe(prefix, storage.revision(), events => {
        for (const e of events) reads.push(storage.get(e.key).then(s => s!.modRevision >= e.revision))
      })
      await Promise.all([storage.put(a, bytes('1')), storage.put(a, bytes('2')), storage.put(b, bytes('3'))])
      expect(await Promise.all(reads)).toEqual([true, true, true])
    })
  })
}
