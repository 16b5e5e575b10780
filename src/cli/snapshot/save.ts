/** `snapshot save` and `snapshot restore`: a store's state as one file, and back. */
import { access, mkdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { storeFiles } from '../../storage/memory/files.js'
import { nodeFileSystem } from '../../storage/memory/node-file-system.js'
import { writeSnapshot, writeSnapshotFile } from '../../storage/memory/snapshot.js'
import { findInstance } from '../instance.js'
import { systemClock as clock } from '../system.js'
import { UserError } from '../user-error.js'
import { readSnapshotFile, readStoreDirectory, snapshotSource } from './state.js'

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** Resolves with a sentence. The cluster may be running. */
export async function saveSnapshot(dataDir: string, file: string, { salvage = false }): Promise<string> {
  if (await exists(file)) throw new UserError(`${file} is there already: choose another name, or remove it first`)
  const state = await readStoreDirectory(join(dataDir, 'store'), salvage ? 'salvage' : 'look')
  await mkdir(dirname(file), { recursive: true })
  await writeSnapshotFile(nodeFileSystem, file, snapshotSource(state))
  const given = salvage && state.leftOut ? `; ${state.leftOut} bytes of the log could not be read` : ''
  return `saved ${state.tree.size} objects at revision ${state.revision} to ${file}${given}`
}

const stamp = (ms: number) => new Date(ms).toISOString().replace(/[:.]/g, '-')

/** Resolves with a sentence. The cluster must be stopped. */
export async function restoreSnapshot(dataDir: string, file: string, { replace = false }): Promise<string> {
  const running = await findInstance(dataDir)
  if (running)
    throw new UserError(
      `a cluster is running on ${dataDir} (process ${running.pid}): stop it by \`minik8s down\` first`,
    )
  const state = await readSnapshotFile(file)
  const directory = join(dataDir, 'store')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const isTaken = storeFiles(await nodeFileSystem.list(directory)).length > 0
  if (isTaken && !replace)
    throw new UserError(
      `there is a store in ${directory} already: --replace moves it aside, --data-dir chooses another place`,
    )
  const aside = `${directory}-replaced-${stamp(clock.now())}`
  if (isTaken) {
    await rename(directory, aside)
    await mkdir(directory, { mode: 0o700 })
  }
  await writeSnapshot(nodeFileSystem, directory, snapshotSource(state))
  const moved = isTaken ? `; what was there is in ${aside}` : ''
  return `restored ${state.tree.size} objects at revision ${state.revision} to ${directory}${moved}`
}
