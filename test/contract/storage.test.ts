/** Every engine against the storage contract. */
import { describe, test } from '@jest/globals'
import { FakeClock, SeededRandom } from '../../src/machinery/fake-clock.js'
import { EncryptedStorage } from '../../src/storage/encryption/encrypted-storage.js'
import { resourceTransformers } from '../../src/storage/encryption/resource-transformers.js'
import { CrashFileSystem } from '../../src/storage/memory/crash-file-system.js'
import { newMemoryStorage } from '../../src/storage/memory/open.js'
import type { Storage } from '../../src/storage/storage.js'
import { silentLogger } from '../../src/telemetry/logger.js'
import { testStorage } from './storage.js'
import { openOn } from './storage-disk.js'
import { checkModel } from './storage-model.js'

const key = { name: 'a', secret: Buffer.alloc(32, 1).toString('base64') }
const transformer = resourceTransformers({
  resources: [{ resources: ['*.*'], providers: [{ aesgcm: { keys: [key] } }] }],
})({ group: '', resource: 'secrets' })
const encrypted = (storage: Storage) =>
  new EncryptedStorage({ storage, log: silentLogger, transformerOf: () => transformer })

testStorage('memory without a disk', async () => newMemoryStorage(new FakeClock()))
testStorage('memory with a log', async () => (await openOn(new CrashFileSystem(new SeededRandom(1)))).storage)
testStorage('memory with encrypted values', async () => encrypted(newMemoryStorage(new FakeClock())))

describe('model', () => {
  test('memory without a disk behaves as its model', () =>
    checkModel(async () => ({ storage: newMemoryStorage(new FakeClock()), restart: async () => {} }), 200))

  test('memory with a log and frequent snapshots behaves as its model, restarts included', () =>
    checkModel(async () => {
      const disk = new CrashFileSystem(new SeededRandom(2))
      const subject = {
        storage: (await openOn(disk, { snapshotAfterBytes: 500 })).storage,
        restart: async () => {
          await subject.storage.close()
          subject.storage = (await openOn(disk, { snapshotAfterBytes: 500 })).storage
        },
      }
      return subject
    }, 200))
})
