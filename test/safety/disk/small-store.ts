/** Small stores on a disk in memory, with files to damage. */
import { join } from 'node:path'
import { SeededRandom } from '../../../src/machinery/fake-clock.js'
import { CrashFileSystem } from '../../../src/storage/memory/crash-file-system.js'
import { type StoreFileKind, storeFiles } from '../../../src/storage/memory/files.js'
import { directory, openOn } from '../../contract/storage-disk.js'

const encode = (value: string) => new TextEncoder().encode(value)

export interface DamageableFile {
  disk: CrashFileSystem
  path: string
  whole: Uint8Array
}

const newestFile = async (disk: CrashFileSystem, kind: StoreFileKind): Promise<DamageableFile> => {
  const path = join(directory, storeFiles(await disk.list(directory)).findLast(file => file.kind === kind)!.name)
  return { disk, path, whole: disk.read(path)! }
}

/** Five records in a log, then a sixth that begins at `lastAt`. */
export async function storeWithLog(seed: number): Promise<DamageableFile & { lastAt: number }> {
  const disk = new CrashFileSystem(new SeededRandom(seed))
  const { storage } = await openOn(disk)
  for (let n = 0; n < 5; n++) await storage.put(`/k/${n}`, encode(`value ${n} `.repeat(40)))
  const lastAt = (await newestFile(disk, 'log')).whole.length
  await storage.put('/k/last', encode('the last value '.repeat(60)))
  await storage.close()
  return { ...(await newestFile(disk, 'log')), lastAt }
}

/** Eight records, most of them in a snapshot. */
export async function storeWithSnapshot(seed: number): Promise<DamageableFile> {
  const disk = new CrashFileSystem(new SeededRandom(seed))
  const { storage } = await openOn(disk, { snapshotAfterBytes: 1000 })
  for (let n = 0; n < 8; n++) await storage.put(`/k/${n}`, encode(`value ${n} `.repeat(30)))
  await storage.close()
  return newestFile(disk, 'snapshot')
}
