/** What a container has mounted, by paths of this machine. */
import { lstat, mkdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RuntimeError } from '../runtime.js'
import type { Mount } from '../types.js'
import type { BoundPath } from './enter-root.js'

const withoutEnd = (path: string) => path.replace(/(?<=.)\/+$/, '')

/** A source that is missing becomes a directory, as Docker makes it. */
async function boundPath(mount: Mount, source: string): Promise<BoundPath> {
  const { containerPath, readOnly, propagation } = mount
  const info = await stat(source).catch(async error => {
    if (error.code !== 'ENOENT') throw new RuntimeError('other', `cannot mount ${source}: ${error.message}`)
    await mkdir(source, { recursive: true })
    return stat(source)
  })
  return {
    source: await realpath(source),
    target: withoutEnd(containerPath),
    isDirectory: info.isDirectory(),
    readOnly,
    ...(propagation && { propagation }),
  }
}

const permissions = 0o7777

async function boundBelow(
  { containerPath, readOnly, propagation }: Mount,
  root: string,
  path: string,
): Promise<BoundPath> {
  const info = await lstat(join(root, path)).catch(() => undefined)
  return {
    source: join(root, path),
    below: { root, path, ...(!info && { newMode: (await stat(root)).mode & permissions }) },
    target: withoutEnd(containerPath),
    isDirectory: info?.isDirectory() ?? true,
    readOnly,
    ...(propagation && { propagation }),
  }
}

const depth = ({ target }: BoundPath) => target.split('/').length

/** Outer ones first. `memoryPath`: of the pod's memory volumes. */
export async function boundPaths(mounts: readonly Mount[], memoryPath: (name: string) => string): Promise<BoundPath[]> {
  const paths = await Promise.all(
    mounts.map(mount => {
      const { source } = mount
      if ('memory' in source) return boundPath(mount, memoryPath(source.memory))
      const { hostPath, below } = source
      return below === undefined ? boundPath(mount, hostPath) : boundBelow(mount, hostPath, below)
    }),
  )
  return paths.sort((a, b) => depth(a) - depth(b))
}
