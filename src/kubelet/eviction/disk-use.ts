/** What a directory takes on the disk. */
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

export interface DiskUse {
  bytes: number
  inodes: number
}

/** What the kernel counts blocks of a file in, whatever the file system's are. */
export const blockBytes = 512

/** Without following links. What vanishes meanwhile does not count. */
export async function diskUseOf(path: string): Promise<DiskUse> {
  const use: DiskUse = { bytes: 0, inodes: 0 }
  const directories = [path]
  for (let next = directories.pop(); next !== undefined; next = directories.pop()) {
    const entries = await readdir(next, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      const full = join(next, entry.name)
      const found = await lstat(full).catch(() => undefined)
      if (!found) continue
      use.bytes += found.blocks * blockBytes
      use.inodes++
      if (entry.isDirectory()) directories.push(full)
    }
  }
  return use
}
