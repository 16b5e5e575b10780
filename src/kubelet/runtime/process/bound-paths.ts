/** What a container has mounted, by paths of this machine. */
import { mkdir, realpath, stat } from 'node:fs/promises'
import { RuntimeError } from '../runtime.js'
import type { Mount } from '../types.js'
import type { BoundPath } from './enter-root.js'

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
    target: containerPath.replace(/(?<=.)\/+$/, ''),
    isDirectory: info.isDirectory(),
    readOnly,
    ...(propagation && { propagation }),
  }
}

const depth = ({ target }: BoundPath) => target.split('/').length

/** Outer ones first. `memoryPath`: of the pod's memory volumes. */
export async function boundPaths(mounts: readonly Mount[], memoryPath: (name: string) => string): Promise<BoundPath[]> {
  const paths = await Promise.all(
    mounts.map(mount =>
      boundPath(mount, 'memory' in mount.source ? memoryPath(mount.source.memory) : mount.source.hostPath),
    ),
  )
  return paths.sort((a, b) => depth(a) - depth(b))
}
