/** Back-ups of a store that is being written, the way out of damage, and forks. */
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { FakeClock } from '../../machinery/fake-clock.js'
import { nodeFileSystem } from '../../storage/memory/node-file-system.js'
import { openMemoryStorage } from '../../storage/memory/open.js'
import type { Storage } from '../../storage/storage.js'
import { silentLogger } from '../../telemetry/logger.js'
import { forkDataDirectory } from './fork.js'
import { describeState, listKeys, showObject } from './inspect.js'
import { restoreSnapshot, saveSnapshot } from './save.js'
import { serveState } from './serve.js'
import { type readSnapshotFile, readStoreDirectory } from './state.js'

let root: string
let dataDir: string
let storage: Storage
const open = async (dir: string, snapshotAfterBytes?: number) =>
  (
    await openMemoryStorage({
      ...{ clock: new FakeClock(), logger: silentLogger, fileSystem: nodeFileSystem, directory: join(dir, 'store') },
      processes: { pid: 1, identity: async () => undefined },
      snapshotAfterBytes,
      onFatal: error => {
        throw error
      },
    })
  ).storage
const object = (name: string, text: string) =>
  Buffer.from(
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop', uid: `uid-${name}` } },
      data: { text },
    }),
  )
const keyOf = (name: string) => `/registry/configmaps/shop/${name}`

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'minik8s-snapshot-test-'))
  dataDir = join(root, 'data')
  storage = await open(dataDir)
  for (const name of ['a', 'b', 'c']) await storage.put(keyOf(name), object(name, name))
})
afterEach(async () => {
  await storage.close()
  await rm(root, { recursive: true })
})

const file = () => join(root, 'saved')
const namesIn = (state: Awaited<ReturnType<typeof readSnapshotFile>>) =>
  [...state.tree.keys()].map(key => key.slice(-1))

test('a running store is saved, and restored elsewhere with its revisions', async () => {
  expect(await saveSnapshot(dataDir, file(), {})).toBe(`saved 3 objects at revision 3 to ${file()}`)
  await storage.put(keyOf('d'), object('d', 'later'))
  const elsewhere = join(root, 'elsewhere')
  await restoreSnapshot(elsewhere, file(), {})
  const restored = await open(elsewhere)
  expect((await restored.list('/registry/')).items.map(({ key, modRevision }) => [key.slice(-1), modRevision])).toEqual(
    [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ],
  )
  expect(restored.revision()).toBe(3)
  await restored.close()
})

test('saves are consistent while writes and snapshots go on', async () => {
  await storage.close()
  storage = await open(dataDir, 2000)
  let isOver = false
  const writing = (async () => {
    for (let n = 0; n < 400; n++) await storage.put(keyOf('abc'[n % 3]!), object('x', `${n} `.repeat(30)))
    isOver = true
  })()
  let revision = 0
  while (!isOver) {
    const state = await readStoreDirectory(join(dataDir, 'store'))
    expect(state.revision).toBeGreaterThanOrEqual(revision)
    expect(Math.max(...[...state.tree.values()].map(stored => stored.modRevision))).toBe(state.revision)
    revision = state.revision
  }
  await writing
  expect((await readStoreDirectory(join(dataDir, 'store'))).revision).toBe(storage.revision())
})

test.each<{ name: string; act(): Promise<string>; says: RegExp }>([
  {
    name: 'a file that is there',
    act: () => saveSnapshot(dataDir, join(dataDir, 'store'), {}),
    says: /is there already/,
  },
  { name: 'no store', act: () => saveSnapshot(join(root, 'none'), file(), {}), says: /there is no store in/ },
  { name: 'no file', act: () => restoreSnapshot(dataDir, file(), {}), says: /there is no file/ },
  {
    name: 'a store that is there',
    act: async () => saveSnapshot(dataDir, file(), {}).then(() => restoreSnapshot(dataDir, file(), {})),
    says: /there is a store .*--replace/,
  },
  {
    name: 'half a snapshot',
    async act() {
      await saveSnapshot(dataDir, file(), {})
      await writeFile(file(), (await readFile(file())).subarray(0, 300))
      return restoreSnapshot(join(root, 'other'), file(), {})
    },
    says: /is no whole snapshot/,
  },
  { name: 'a fork into what is not empty', act: () => forkDataDirectory(dataDir, root), says: /is not empty/ },
])('refuses $name', ({ act, says }) => expect(act()).rejects.toThrow(says))

test('a damaged log is refused with a way out, which gives what lies before the damage', async () => {
  await storage.close()
  const directory = join(dataDir, 'store')
  const log = join(directory, (await readdir(directory)).find(name => name.startsWith('log'))!)
  const bytes = await readFile(log)
  bytes[bytes.length - 100]! ^= 1
  await writeFile(log, bytes)
  await expect(open(dataDir)).rejects.toThrow(/revision 2 \(`minik8s snapshot save FILE --salvage`\)/)
  await expect(saveSnapshot(dataDir, file(), {})).rejects.toThrow(/is damaged/)
  expect(await saveSnapshot(dataDir, file(), { salvage: true })).toMatch(
    /saved 2 objects at revision 2 .* could not be read/,
  )
  expect(await restoreSnapshot(dataDir, file(), { replace: true })).toMatch(/what was there is in .*store-replaced-/)
  storage = await open(dataDir)
  expect((await storage.list('/registry/')).items.map(({ key }) => key.slice(-1))).toEqual(['a', 'b'])
})

test('an unfinished write at the end of a log is left alone by who only looks', async () => {
  const directory = join(dataDir, 'store')
  const log = join(directory, (await readdir(directory)).find(name => name.startsWith('log'))!)
  await appendFile(log, (await readFile(log)).subarray(0, 50))
  const { size } = { size: (await readFile(log)).length }
  expect(await readStoreDirectory(directory)).toMatchObject({ revision: 3, leftOut: 50 })
  expect((await readFile(log)).length).toBe(size)
})

test('a fork goes its own way', async () => {
  const target = join(root, 'fork')
  await forkDataDirectory(dataDir, target)
  const fork = await open(target)
  await fork.put(keyOf('a'), object('a', 'changed'))
  await storage.put(keyOf('z'), object('z', 'z'))
  expect([await fork.get(keyOf('z')), (await storage.get(keyOf('a')))?.modRevision]).toEqual([undefined, 1])
  await fork.close()
})

test('looks inside', async () => {
  const state = await readStoreDirectory(join(dataDir, 'store'))
  expect(describeState(state)).toMatch(/^revision 3, 3 objects, 0\.\d kB\nRESOURCE .*\nconfigmaps +3 /)
  expect([listKeys(state, 'configmaps/shop/b'), namesIn(state)]).toEqual([keyOf('b'), ['a', 'b', 'c']])
  expect(showObject(state, 'configmaps/shop/b')).toContain('"name":"b"')
  expect(() => showObject(state, 'pods/x')).toThrow(/there is no \/registry\/pods\/x/)
})

test('shows what is there over HTTP, and takes no writes', async () => {
  const cluster = await serveState(await readStoreDirectory(join(dataDir, 'store')), { port: 0 })
  try {
    const client = cluster.clientFor({ name: 'admin', groups: ['system:masters'] })
    const { configMap } = await import('../../apis/core-v1/index.js')
    const { items } = await client.list(configMap, { namespace: 'shop' })
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c'])
    const { get } = await import('node:https')
    const [cert, key, ca] = [cluster.pki.admin.certificate, cluster.pki.admin.key, cluster.pki.ca.certificate]
    const method = (verb: string) =>
      new Promise(resolve =>
        get(`${cluster.url}/api/v1/namespaces/shop/configmaps/a`, { method: verb, cert, key, ca }, answer => {
          answer.resume()
          resolve(answer.statusCode)
        }),
      )
    expect([await method('GET'), await method('DELETE')]).toEqual([200, 405])
  } finally {
    await cluster.stop()
  }
})
