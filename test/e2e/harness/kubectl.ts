/** The kubectl programs on this machine: the one on the path, `kubectl.1.NN` beside it, and what is in the directory KUBECTL_DIR. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

export interface Kubectl {
  /** `1.32`, or `path` for the one on the path. */
  version: string
  program: string
}

/** `1.34` */
export function versionOf(program: string): string {
  const text = execFileSync(program, ['version', '--client', '-o', 'json'], { encoding: 'utf8' })
  const { major, minor } = (JSON.parse(text) as { clientVersion: { major: string; minor: string } }).clientVersion
  return `${major}.${parseInt(minor, 10)}`
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
  const own = join(process.env.KUBECTL_DIR ?? '', 'kubectl')
  if (process.env.KUBECTL_DIR && existsSync(own)) found.set(versionOf(own), own)
  if (!found.size) return [{ version: 'path', program: 'kubectl' }]
  return [...found]
    .map(([version, program]) => ({ version, program }))
    .sort((a, b) => a.version.localeCompare(b.version, undefined, { numeric: true }))
}
