/** The kubectl programs on this machine: the one on the path, and `kubectl.1.NN` wherever they are. */
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

export interface Kubectl {
  /** `1.32`, or `path` for the one on the path. */
  version: string
  program: string
}

/** One of each minor version, oldest first; at least the one on the path. */
export function findKubectls(): Kubectl[] {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(d => existsSync(join(d, 'kubectl')))
  const places = new Set(
    folders.flatMap(d => [d, dirname(realpathSync(join(d, 'kubectl')))]).concat(process.env.KUBECTL_DIR ?? []),
  )
  const found = new Map<string, string>()
  for (const place of [...places, '/usr/lib/google-cloud-sdk/bin'].filter(existsSync))
    for (const name of readdirSync(place)) {
      const version = /^kubectl\.(1\.\d+)$/.exec(name)?.[1]
      if (version && !found.has(version)) found.set(version, join(place, name))
    }
  if (!found.size) return [{ version: 'path', program: 'kubectl' }]
  return [...found]
    .map(([version, program]) => ({ version, program }))
    .sort((a, b) => a.version.localeCompare(b.version, undefined, { numeric: true }))
}
