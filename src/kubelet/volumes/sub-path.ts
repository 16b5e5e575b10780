/** Finds, or makes, a path below a volume without ever leaving it, whatever links the volume holds. */
import { chmod, mkdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'

const isWithin = (root: string, path: string) => path === root || path.startsWith(root + sep)

const resolved = (path: string) => realpath(path).catch(() => undefined)

/** Throws with upstream's words on a path that is not below its volume. */
export function checkSubPath(subPath: string): void {
  if (subPath.startsWith('/')) throw new Error(`error SubPath \`${subPath}\` must not be an absolute path`)
  if (subPath.split('/').includes('..'))
    throw new Error(`unable to provision SubPath \`${subPath}\`: must not contain '..'`)
}

/** One part at a time: each is looked at before the next is made in it. */
async function makeWithin(root: string, subPath: string): Promise<string> {
  const { mode } = await stat(root)
  let current = root
  for (const part of subPath.split('/').filter(p => p !== '' && p !== '.')) {
    const next = join(current, part)
    const real = await resolved(next)
    if (real === undefined) {
      await mkdir(next)
      await chmod(next, mode & 0o7777)
      current = next
    } else if (isWithin(root, real)) current = real
    else throw new Error('outside of the volume')
  }
  return current
}

/** The real path to mount. The messages tell nothing of the host's files. */
export async function resolveSubPath(
  volumePath: string,
  subPath: string,
  at: { volume: string; container: string },
): Promise<string> {
  checkSubPath(subPath)
  const root = await realpath(volumePath)
  const found = await resolved(join(root, subPath))
  const where = `volumeMount "${at.volume}" of container "${at.container}"`
  if (found !== undefined) {
    if (!isWithin(root, found)) throw new Error(`failed to prepare subPath for ${where}`)
    return found
  }
  return makeWithin(root, subPath).catch(() => {
    throw new Error(`failed to create subPath directory for ${where}`)
  })
}
