/** Every engine against the storage contract. */
import { describe, test } from '@jest/globals'
import { FakeClock, SeededRandom } from '../../src/machinery/fake-clock.js'
import { CrashFileSystem } from '../../src/storage/memory/crash-file-system.js'
import { newMemoryStorage } from '../../src/storage/memory/open.js'
import { testStorage } from './storage.js'
import { openOn } from './storage-disk.js'
import { checkModel } from './storage-model.js'

testStorage('memory without a disk', async () => newMemoryStorage(new FakeClock()))
testStorage('memory with a log', async () => (await openOn(new CrashFileSystem(new SeededRandom(1)))).storage)

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
