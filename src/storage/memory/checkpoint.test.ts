/** Checkpoints: back to what was, by writes that watchers see. */
import { describe, expect, test } from '@jest/globals'
import { FakeClock } from '../../machinery/fake-clock.js'
import type { StorageEvent } from '../storage.js'
import type { MemoryStorage } from './memory-storage.js'
import { newMemoryStorage } from './open.js'

const bytes = (text: string) => Buffer.from(text)

async function contents(storage: MemoryStorage): Promise<Record<string, string>> {
  const { items } = await storage.list('/')
  return Object.fromEntries(items.map(({ key, bytes: value }) => [key, Buffer.from(value).toString()]))
}

async function storeOf(values: Record<string, string>): Promise<MemoryStorage> {
  const storage = newMemoryStorage(new FakeClock())
  for (const [key, value] of Object.entries(values)) await storage.put(key, bytes(value))
  return storage
}

describe('restore', () => {
  test('takes back what was made, changed and deleted, and tells watchers', async () => {
    const storage = await storeOf({ '/a': '1', '/b': '2', '/c': '3' })
    const checkpoint = storage.checkpoint()
    await storage.put('/b', bytes('changed'))
    await storage.delete('/c')
    await storage.put('/d', bytes('made'))
    const seen: StorageEvent[] = []
    const before = storage.revision()
    storage.subscribe('/', before, events => seen.push(...events))
    expect(await storage.restore(checkpoint)).toBe(3)
    expect(await contents(storage)).toEqual({ '/a': '1', '/b': '2', '/c': '3' })
    expect(seen.map(e => `${e.type} ${e.key} ${e.revision - before}`)).toEqual(['put /b 1', 'put /c 2', 'delete /d 3'])
  })

  test('what is as it was is not written, and one checkpoint serves again and again', async () => {
    const storage = await storeOf({ '/a': '1' })
    const checkpoint = storage.checkpoint()
    expect(await storage.restore(checkpoint)).toBe(0)
    for (const value of ['x', 'y']) {
      await storage.put('/a', bytes(value))
      await storage.restore(checkpoint)
      expect(await contents(storage)).toEqual({ '/a': '1' })
    }
  })

  test('keys that do not concern it stay', async () => {
    const storage = await storeOf({ '/keep/a': '1', '/b': '1' })
    const checkpoint = storage.checkpoint()
    for (const key of ['/keep/a', '/b']) await storage.put(key, bytes('2'))
    await storage.restore(checkpoint, key => !key.startsWith('/keep/'))
    expect(await contents(storage)).toEqual({ '/keep/a': '2', '/b': '1' })
  })
})

describe('a store that begins with a checkpoint', () => {
  test('goes on at its revision, apart from the one it was taken of', async () => {
    const storage = await storeOf({ '/a': '1', '/b': '2' })
    const copy = newMemoryStorage(new FakeClock(), {}, storage.checkpoint())
    await storage.put('/a', bytes('theirs'))
    await copy.put('/b', bytes('mine'))
    expect(await contents(storage)).toEqual({ '/a': 'theirs', '/b': '2' })
    expect(await contents(copy)).toEqual({ '/a': '1', '/b': 'mine' })
    expect(copy.revision()).toBe(3)
    expect(copy.compacted()).toBe(2)
  })
})
