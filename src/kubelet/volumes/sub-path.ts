/** Finds a path below a volume without ever leaving it, whatever links the volume holds. */
import { chmod, mkdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

const isWithin = (root: string, path: string) => path === root || path.startsWith(root + sep)

const resolved = (path: string) => realpath(path).catch(() => undefined)

/** Throws with upstream's words on a path that is not below its volume. */
export function checkSubPath(subPath: string): void {
  if (subPath.startsWith('/')) throw new Error(`error SubPath \`${subPath}\` must not be an absolute path`)
  if (subPath.split('/').includes('..'))
    throw new Error(`unable to provision SubPath \`${subPath}\`: must not contain '..'`)
}

const partsOf = (path: string) => path.split('/').filter(part => part !== '' && part !== '.')

/** Where a path that does not exist yet would be. */
async function placeWithin(root: string, subPath: string): Promise<string> {
  let current = root
  for (const part of partsOf(subPath)) {
    const next = join(current, part)
    current = (await resolved(next)) ?? next
    if (!isWithin(root, current)) throw new Error('outside of the volume')
  }
  return current
}

/** Makes what is missing, one part at a time: each is looked at before the next is made in it. Resolves with the real path. */
export async function makeWithin(root: string, path: string): Promise<string> {
  const { mode } = await stat(root)
  let current = root
  for (const part of partsOf(path)) {
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

/** What to mount, by real paths as they are now. The messages tell nothing of the host's files. */
export async function resolveSubPath(
  volumePath: string,
  subPath: string,
  at: { volume: string; container: string },
): Promise<{ hostPath: string; below: string }> {
  checkSubPath(subPath)
  const hostPath = await realpath(volumePath)
  const found = await resolved(join(hostPath, subPath))
  const where = `volumeMount "${at.volume}" of container "${at.container}"`
  if (found !== undefined && !isWithin(hostPath, found)) throw new Error(`failed to prepare subPath for ${where}`)
  const place =
    found ??
    (await placeWithin(hostPath, subPath).catch(() => {
      throw new Error(`failed to create subPath directory for ${where}`)
    }))
  return { hostPath, below: relative(hostPath, place) }
}
