/** What a store holds, read from its directory while a cluster may be writing there, or from a snapshot's file. No file is changed. */
import { stat } from 'node:fs/promises'
import { FrameReader } from '../../storage/memory/frame-reader.js'
import { nodeFileSystem } from '../../storage/memory/node-file-system.js'
import { type RecoveryMode, recover } from '../../storage/memory/recover.js'
import { readSnapshot } from '../../storage/memory/snapshot.js'
import { newTree, type Tree } from '../../storage/memory/tree.js'
import { UserError } from '../user-error.js'

export interface StoreState {
  tree: Tree
  revision: number
  /** Bytes at the end of the log that are no whole write, or that come after damage. */
  leftOut: number
}

const hasCode = (error: unknown, code: string) => (error as NodeJS.ErrnoException).code === code

/** The running cluster may replace its log by a snapshot while it is read: then it is read again. */
const mostTries = 5

/** Everything that was acknowledged before the call. Throws UserError when the store is damaged, or when there is none. */
export async function readStoreDirectory(directory: string, mode: RecoveryMode = 'look'): Promise<StoreState> {
  for (let tries = 1; ; tries++)
    try {
      const { tree, revision, cutBytes } = await recover(nodeFileSystem, directory, { mode })
      if (revision === 0) throw new UserError(`there is no store in ${directory}`)
      return { tree, revision, leftOut: cutBytes }
    } catch (error) {
      if ((error as Error).name === 'StoreDamaged' && tries === mostTries) throw new UserError((error as Error).message)
      if (hasCode(error, 'ENOENT') && (await stat(directory).catch(() => undefined)) === undefined)
        throw new UserError(`there is no store in ${directory}`)
      if (error instanceof UserError || tries === mostTries) throw error
    }
}

/** Throws UserError when the file is not a whole snapshot. */
export async function readSnapshotFile(path: string): Promise<StoreState> {
  const file = await nodeFileSystem.openRead(path).catch(error => {
    throw hasCode(error, 'ENOENT') ? new UserError(`there is no file ${path}`) : error
  })
  const tree = newTree()
  try {
    const revision = await readSnapshot(new FrameReader(file), stored => tree.set(stored.key, stored))
    return { tree, revision, leftOut: 0 }
  } catch (error) {
    throw new UserError(`${path} is no whole snapshot: ${(error as Error).message}`)
  } finally {
    await file.close()
  }
}

/** As a snapshot's writer takes it. */
export const snapshotSource = ({ tree, revision }: StoreState) => ({
  revision,
  objects: tree.size,
  items: tree.values() as Iterable<NonNullable<ReturnType<Tree['get']>>>,
})
