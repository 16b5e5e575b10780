/** Gives a volume to a pod's fsGroup: group, read or write for it, and set-group-id on directories, as upstream does. */
import { chmod, chown, lchown, lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

const readWriteMask = 0o660
const readOnlyMask = 0o440
const executeMask = 0o110
const setGroupId = 0o2000

export interface OwnershipOptions {
  gid: number
  readOnly: boolean
}

/** Only root may give files away: without that right everything stays as it is. */
export async function setOwnership(path: string, options: OwnershipOptions): Promise<void> {
  const stats = await lstat(path)
  try {
    if (stats.isSymbolicLink()) {
      await lchown(path, stats.uid, options.gid)
      return
    }
    await chown(path, stats.uid, options.gid)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return
    throw error
  }
  const mask = options.readOnly ? readOnlyMask : readWriteMask
  const forDirectory = stats.isDirectory() ? setGroupId | executeMask : 0
  await chmod(path, (stats.mode & 0o7777) | mask | forDirectory)
  if (stats.isDirectory()) for (const name of await readdir(path)) await setOwnership(join(path, name), options)
}

/** fsGroupChangePolicy OnRootMismatch: nothing to do when the root is already as it would be made. */
export async function isOwnedBy(path: string, { gid, readOnly }: OwnershipOptions): Promise<boolean> {
  const stats = await lstat(path)
  const mask = (readOnly ? readOnlyMask : readWriteMask) | executeMask | setGroupId
  return stats.gid === gid && (stats.mode & mask) === mask
}
