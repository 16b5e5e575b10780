/** Paths inside a root file system that somebody else made: its symbolic links lead nowhere but inside it. */
import { lstat, readlink } from 'node:fs/promises'
import { join } from 'node:path'

const longestChain = 40

/** The path on the host that `path` means to a process whose root is `root`; parts that do not exist stay as they are. */
export async function resolveInRoot(root: string, path: string): Promise<string> {
  const waiting = path.split('/').reverse()
  const resolved: string[] = []
  let links = 0
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    if (part === '' || part === '.') continue
    if (part === '..') {
      resolved.pop()
      continue
    }
    const here = join(root, ...resolved, part)
    const info = await lstat(here).catch(() => undefined)
    if (!info?.isSymbolicLink()) {
      resolved.push(part)
      continue
    }
    if (++links > longestChain) throw new Error(`${path}: too many symbolic links`)
    const target = await readlink(here)
    if (target.startsWith('/')) resolved.length = 0
    waiting.push(...target.split('/').reverse())
  }
  return join(root, ...resolved)
}
