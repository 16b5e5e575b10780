/** Removes what is below a data directory, also what containers wrote there as users that we may not be. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readOwner } from './instance.js'

const withAll = { recursive: true, force: true }

/** Names are below the data directory; those that are not there are as good as removed. */
export async function removeFiles(dataDir: string, names: readonly string[]): Promise<void> {
  const paths = names.map(name => join(dataDir, name))
  const owner = await readOwner(dataDir)
  const results = await Promise.allSettled(paths.map(path => rm(path, withAll)))
  const failures = results.flatMap(result => (result.status === 'rejected' ? [result.reason] : []))
  const [failure] = failures
  if (!failure) return
  if (!owner || !['EACCES', 'EPERM'].includes(failure.code)) throw failure
  const { removeFilesAsRoot } = await import('../kubelet/runtime/docker/engine.js')
  const kept = paths.filter((_, i) => results[i]?.status === 'rejected')
  await removeFilesAsRoot({ cluster: owner.cluster, dataDirectory: dataDir }, kept)
  await Promise.all(paths.map(path => rm(path, withAll)))
}
