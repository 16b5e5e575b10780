/** Helm 3 or later: the one on the path, or one built from its Go module into the user's cache. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { testCache } from './test-cache.js'
import type { Tool } from './tool.js'

const helmModule = 'helm.sh/helm/v3/cmd/helm@v3.19.0'

/** Building takes one to three minutes the first time. */
export function prepareHelm(): Tool {
  const version = spawnSync('helm', ['version', '--template', '{{.Version}}'], { encoding: 'utf8' })
  if (version.status === 0 && /^v([3-9]|\d\d)\./.test(version.stdout)) return { program: 'helm' }
  const bin = join(testCache(), 'bin')
  const program = join(bin, 'helm')
  if (existsSync(program)) return { program }
  if (spawnSync('go', ['version']).status !== 0) return { missing: 'there is neither helm nor go' }
  const env = { ...process.env, GOBIN: bin, GOFLAGS: '-mod=mod' }
  const built = spawnSync('go', ['install', helmModule], { env, encoding: 'utf8', timeout: 240_000 })
  if (built.status === 0) return { program }
  const why = built.error?.message ?? built.stderr.trim().split('\n').at(-1)
  return { missing: `go cannot build ${helmModule}: ${why}` }
}
