/** Crashes, torn tails, bit rot and failing disks: nothing acknowledged is lost, nothing else is made up. */
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { FakeClock, SeededRandom } from '../../src/machinery/fake-clock.js'
import { CrashFileSystem, type Fault } from '../../src/storage/memory/crash-file-system.js'
import { storeFiles } from '../../src/storage/memory/files.js'
import type { StoreOptions } from '../../src/storage/memory/open.js'
import type { Storage } from '../../src/storage/storage.js'
import { directory, openOn } from './storage-disk.js'
import { bytes, text } from './storage-values.js'

const small: Partial<StoreOptions> = { snapshotAfterBytes: 3000 }

/** Last values that were acknowledged, and those in flight, by key. */
class Journal {
  readonly acknowledged = new Map<string, string | undefined>()
  readonly inFlight = new Map<string, Set<string | undefined>>()

  async write(storage: Storage, key: string, value: string | undefined): Promise<void> {
    const flight = this.inFlight.get(key) ?? new Set()
    this.inFlight.set(key, flight.add(value))
    if (value === undefined) await storage.delete(key)
    else await storage.put(key, bytes(value))
    this.acknowledged.set(key, value)
    flight.delete(value)
  }

  async expectIn(storage: Storage): Promise<void> {
    for (const key of new Set([...this.acknowledged.keys(), ...this.inFlight.keys()])) {
      const found = text(await storage.get(key))
      const allowed = [this.acknowledged.get(key), ...(this.inFlight.get(key) ?? [])]
      expect(allowed).toContain(found)
      this.acknowledged.set(key, found)
    }
    this.inFlight.clear()
  }
}

async function writeUntilDown(storage: Storage, journal: Journal, random: () => number, label: string) {
  const writer = async (id: number) => {
    for (let n = 0; n < 30; n++) {
      const key = `/k/${id}`
      const value = `${label}-${n}-${'x'.repeat(Math.floor(random() * 900))}`
      const remove = random() < 0.15 && journal.acknowledged.get(key) !== undefined
      try {
        await journal.write(storage, key, remove ? undefined : value)
      } catch {
        return
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, (_, id) => writer(id)))
}

describe('power loss', () => {
  test('after any of 300 crashes every acknowledged write is there, and in-flight ones are whole or absent', async () => {
    const random = new SeededRandom(7)
    const disk = new CrashFileSystem(random)
    const journal = new Journal()
    let snapshots = 0
    for (let crash = 0; crash < 300; crash++) {
      const fatal: Error[] = []
      disk.failAfter(1 + Math.floor(random.next() * 25), 'power-loss')
      const opened = await openOn(disk, { ...small, onFatal: e => fatal.push(e) }).catch(() => undefined)
      if (opened) {
        await journal.expectIn(opened.storage)
        await writeUntilDown(opened.storage, journal, () => random.next(), String(crash))
        await opened.storage.close().catch(() => {})
      }
      disk.restart()
      snapshots = Math.max(snapshots, storeFiles(await disk.list(directory)).filter(f => f.kind === 'snapshot').length)
    }
    const { storage } = await openOn(disk, small)
    await journal.expectIn(storage)
    expect(snapshots).toBeGreaterThan(0)
  })
})

/** A store of some records, its last one apart; returns its one log file. */
async function storeWithLog(disk: CrashFileSystem): Promise<{ path: string; whole: Uint8Array; lastAt: number }> {
  const { storage } = await openOn(disk)
  for (let n = 0; n < 5; n++) await storage.put(`/k/${n}`, bytes(`value ${n} `.repeat(40)))
  const path = join(directory, storeFiles(await disk.list(directory)).at(-1)!.name)
  const lastAt = disk.read(path)!.length
  await storage.put('/k/last', bytes('the last value '.repeat(60)))
  await storage.close()
  return { path, whole: disk.read(path)!, lastAt }
}

describe('torn tail', () => {
  test.each([
    { name: 'cut', damage: (whole: Uint8Array, at: number) => whole.slice(0, at) },
    { name: 'zeroed', damage: (whole: Uint8Array, at: number) => whole.slice().fill(0, at) },
  ])('the last record $name from any byte on: starts with all before it', async ({ damage }) => {
    const disk = new CrashFileSystem(new SeededRandom(3))
    const { path, whole, lastAt } = await storeWithLog(disk)
    for (let at = lastAt; at < whole.length; at++) {
      disk.corrupt(path, damage(whole, at))
      const { storage, recovery } = await openOn(disk)
      expect([recovery.records, text(await storage.get('/k/last'))]).toEqual([5, undefined])
      // New records follow the good ones: the next start finds both.
      await storage.put('/k/next', bytes('next'))
      await storage.close()
      if (at % 50) continue
      const again = await openOn(disk)
      expect(text(await again.storage.get('/k/next'))).toBe('next')
      await again.storage.close()
    }
  })

  test('reports what it cut off', async () => {
    const disk = new CrashFileSystem(new SeededRandom(3))
    const { path, whole, lastAt } = await storeWithLog(disk)
    disk.corrupt(path, whole.slice(0, lastAt + 100))
    expect((await openOn(disk)).recovery).toMatchObject({ objects: 5, records: 5, revision: 5, cutBytes: 100 })
  })
})

describe('bit rot', () => {
  const flip = (whole: Uint8Array, bit: number) => {
    const copy = whole.slice()
    copy[bit >> 3]! ^= 1 << (bit & 7)
    return copy
  }

  test('every flipped bit of the log is refused, and nothing is changed', async () => {
    const disk = new CrashFileSystem(new SeededRandom(3))
    const { path, whole } = await storeWithLog(disk)
    for (let bit = 0; bit < whole.length * 8; bit += 7) {
      const damaged = flip(whole, bit)
      disk.corrupt(path, damaged)
      await expect(openOn(disk)).rejects.toThrow(
        /cannot be opened: .* is damaged .* Restore the directory from a backup/,
      )
      expect(disk.read(path)).toEqual(damaged)
    }
  })

  test('every flipped bit of a snapshot is refused', async () => {
    const disk = new CrashFileSystem(new SeededRandom(3))
    const { storage } = await openOn(disk, { snapshotAfterBytes: 1000 })
    for (let n = 0; n < 8; n++) await storage.put(`/k/${n}`, bytes(`value ${n} `.repeat(30)))
    await storage.close()
    const snapshot = storeFiles(await disk.list(directory)).find(f => f.kind === 'snapshot')!
    const path = join(directory, snapshot.name)
    const whole = disk.read(path)!
    for (let bit = 0; bit < whole.length * 8; bit += 11) {
      disk.corrupt(path, flip(whole, bit))
      await expect(openOn(disk)).rejects.toThrow(/is damaged/)
    }
  })

  test('a missing log file is noticed', async () => {
    const disk = new CrashFileSystem(new SeededRandom(3))
    const { path } = await storeWithLog(disk)
    const later = join(directory, 'log-0000000000000020')
    disk.corrupt(later, disk.read(path)!)
    await expect(openOn(disk)).rejects.toThrow(/begins at revision 20, expected 7/)
  })
})

describe('a disk that fails', () => {
  test.each<{ fault: Fault }>([{ fault: 'EIO' }, { fault: 'ENOSPC' }])(
    '$fault: the write and all later ones reject, onFatal is called once, readers never see it',
    async ({ fault }) => {
      const disk = new CrashFileSystem(new SeededRandom(3))
      const fatal: Error[] = []
      const { storage } = await openOn(disk, { onFatal: e => fatal.push(e) })
      await storage.put('/k/a', bytes('1'))
      const seen: number[] = []
      storage.subscribe('/k/', storage.revision(), events => seen.push(...events.map(e => e.revision)))
      disk.failAfter(1, fault)
      const writes = await Promise.allSettled([storage.put('/k/a', bytes('2')), storage.put('/k/b', bytes('2'))])
      expect(writes.map(w => w.status)).toEqual(['rejected', 'rejected'])
      await expect(storage.put('/k/c', bytes('3'))).rejects.toThrow(/could not write to its log/)
      expect([text(await storage.get('/k/a')), storage.revision(), seen]).toEqual(['1', 1, []])
      expect(fatal).toHaveLength(1)
    },
  )

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
