/** The engine on the real disk: what was acknowledged is there after a kill, and one process has the directory. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { FakeClock } from '../../machinery/fake-clock.js'
import { silentLogger } from '../../telemetry/logger.js'
import { crc32, tableCrc32 } from './checksum.js'
import { nodeFileSystem } from './node-file-system.js'
import { nodeProcesses } from './node-processes.js'
import { openMemoryStorage } from './open.js'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'minik8s-store-'))
})
afterEach(() => rm(directory, { recursive: true }))

const open = (overrides = {}) =>
  openMemoryStorage({
    clock: new FakeClock(),
    logger: silentLogger,
    fileSystem: nodeFileSystem,
    processes: nodeProcesses,
    directory: join(directory, 'store'),
    snapshotAfterBytes: 2000,
    onFatal(error) {
      throw error
    },
    ...overrides,
  })
const bytes = (text: string) => new TextEncoder().encode(text)

test('writes, snapshots, closes and reads again; nobody else may look', async () => {
  const { storage } = await open()
  await Promise.all(Array.from({ length: 100 }, (_, n) => storage.put(`/k/${n % 30}`, bytes(`value ${n}`.repeat(9)))))
  for (let n = 0; n < 60; n++) await storage.put(`/k/${n % 30}`, bytes(`late ${n}`.repeat(9)))
  await storage.close()
  const again = await open()
  expect(again.recovery).toMatchObject({ objects: 30, revision: 160, cutBytes: 0 })
  expect(again.recovery.snapshotRevision).toBeGreaterThan(0)
  expect(Buffer.from((await again.storage.get('/k/7'))!.bytes).toString()).toBe('late 37'.repeat(9))
  expect((await stat(join(directory, 'store'))).mode & 0o777).toBe(0o700)
  await again.storage.close()
})

test('an empty store starts twice', async () => {
  for (let n = 0; n < 2; n++) {
    const { storage, recovery } = await open()
    expect(recovery).toMatchObject({ objects: 0, revision: 0 })
    await storage.close()
  }
})

test('the lock of a live process keeps others out, that of a dead one does not', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  await once(child, 'spawn')
  const { storage } = await open()
  await storage.close()
  const pid = child.pid!
  await writeFile(join(directory, 'store', 'lock'), `${pid} ${await nodeProcesses.identity(pid)}\n`)
  await expect(open()).rejects.toThrow(`in use by process ${pid}`)
  child.kill('SIGKILL')
  await once(child, 'exit')
  await (await open()).storage.close()
})

test('the table computes what zlib computes', () => {
  for (const text of ['', 'a', '123456789', 'x'.repeat(1000)]) expect(tableCrc32(bytes(text))).toBe(crc32(bytes(text)))
  expect(tableCrc32(bytes('123456789'))).toBe(0xcbf43926)
})
