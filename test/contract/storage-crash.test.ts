/** What recovery says, snapshots, history and the lock of a store with a log; crashes and damage are the safety suite's (test/safety). */
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { FakeClock, SeededRandom } from '../../src/machinery/fake-clock.js'
import { CrashFileSystem } from '../../src/storage/memory/crash-file-system.js'
import { storeFiles } from '../../src/storage/memory/files.js'
import type { StoreOptions } from '../../src/storage/memory/open.js'
import { storeWithLog } from '../safety/disk/small-store.js'
import { directory, openOn } from './storage-disk.js'
import { bytes, text } from './storage-values.js'

const small: Partial<StoreOptions> = { snapshotAfterBytes: 3000 }

describe('damage', () => {
  test('reports what it cut off', async () => {
    const { disk, path, whole, lastAt } = await storeWithLog(3)
    disk.corrupt(path, whole.slice(0, lastAt + 100))
    expect((await openOn(disk)).recovery).toMatchObject({ objects: 5, records: 5, revision: 5, cutBytes: 100 })
  })

  test('a missing log file is noticed', async () => {
    const { disk, path } = await storeWithLog(3)
    const later = join(directory, 'log-0000000000000020')
    disk.corrupt(later, disk.read(path)!)
    await expect(openOn(disk)).rejects.toThrow(/begins at revision 20, expected 7/)
  })
})

describe('a disk that fails', () => {
  test('a snapshot that cannot be written leaves the log, and the store goes on', async () => {
    const disk = new CrashFileSystem(new SeededRandom(3))
    disk.refuses = path => path.endsWith('.tmp')
    const { storage } = await openOn(disk, { snapshotAfterBytes: 500 })
    for (let n = 0; n < 20; n++) await storage.put(`/k/${n}`, bytes('v'.repeat(100)))
    await storage.close()
    const again = await openOn(disk)
    expect(again.recovery).toMatchObject({ objects: 20, snapshotRevision: 0 })
  })
})

describe('snapshots', () => {
  test('shorten the log: what they cover is removed', async () => {
    const disk = new CrashFileSystem(new SeededRandom(3))
    const { storage } = await openOn(disk, small)
    for (let n = 0; n < 200; n++) await storage.put(`/k/${n % 10}`, bytes(`${n} `.repeat(50)))
    await storage.close()
    const files = storeFiles(await disk.list(directory))
    expect(files.filter(f => f.kind === 'snapshot')).toHaveLength(1)
    const total = files.reduce((sum, f) => sum + disk.read(join(directory, f.name))!.length, 0)
    expect(total).toBeLessThan(10_000)
    const again = await openOn(disk, small)
    expect(again.recovery).toMatchObject({ objects: 10, revision: 200 })
    expect(text(await again.storage.get('/k/9'))).toBe('199 '.repeat(50))
  })
})

describe('history', () => {
  test('a watch resumes across a restart from any revision since the last snapshot', async () => {
    const disk = new CrashFileSystem(new SeededRandom(3))
    const { storage } = await openOn(disk)
    for (let n = 0; n < 5; n++) await storage.put('/k/a', bytes(String(n)))
    await storage.close()
    const again = await openOn(disk)
    const seen: (string | undefined)[] = []
    again.storage.subscribe('/k/', 2, events => seen.push(...events.map(e => text(e.current))))
    expect(seen).toEqual(['2', '3', '4'])
  })

  test('is kept for its age and then forgotten', async () => {
    const clock = new FakeClock()
    const { storage } = await openOn(new CrashFileSystem(new SeededRandom(3)), { clock, history: { maxAge: 60_000 } })
    await storage.put('/k/a', bytes('1'))
    await clock.advance(59_000)
    expect(storage.compacted()).toBe(0)
    await storage.put('/k/a', bytes('2'))
    await clock.advance(60_000)
    expect(storage.compacted()).toBe(1)
    await clock.advance(60_000)
    expect(storage.compacted()).toBe(2)
  })

  test.each([
    { name: 'events', history: { maxEvents: 3 }, compacted: 7 },
    { name: 'bytes', history: { maxBytes: 200 }, compacted: 8 },
  ])('is bounded by $name', async ({ history, compacted }) => {
    const { storage } = await openOn(new CrashFileSystem(new SeededRandom(3)), { history })
    for (let n = 0; n < 10; n++) await storage.put('/k/a', bytes('v'.repeat(100)))
    expect(storage.compacted()).toBe(compacted)
  })
})

describe('the lock', () => {
  const as = (pid: number, alive: Record<number, string>) => ({
    processes: { pid, identity: async (p: number) => alive[p] },
  })

  test('keeps a second process out, by name', async () => {
    const disk = new CrashFileSystem(new SeededRandom(3))
    await openOn(disk, as(10, { 10: 'start1' }))
    await expect(openOn(disk, as(11, { 10: 'start1', 11: 'start2' }))).rejects.toThrow('in use by process 10')
  })

  test('keeps the same process from opening twice, until it closes', async () => {
    const disk = new CrashFileSystem(new SeededRandom(3))
    const { storage } = await openOn(disk, as(10, { 10: 'start1' }))
    await expect(openOn(disk, as(10, { 10: 'start1' }))).rejects.toThrow('in use')
    await storage.close()
    await openOn(disk, as(10, { 10: 'start1' }))
  })

  test.each<{ name: string; alive: Record<number, string> }>([
    { name: 'died', alive: { 11: 'start2' } },
    { name: 'died and its pid was given to another', alive: { 10: 'start9', 11: 'start2' } },
  ])('is taken over when its owner $name', async ({ alive }) => {
    const disk = new CrashFileSystem(new SeededRandom(3))
    await openOn(disk, as(10, { 10: 'start1' }))
    await openOn(disk, as(11, alive))
  })
})
