/** Brings a fresh clone to where it can run: packages installed, sources built. Each step is skipped when it is current. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.cache-lock-hash')

const [major] = process.versions.node.split('.').map(Number)
if (major < 20) {
  console.error(
    `minik8s needs Node.js 20 or later; this is ${process.version}. Install a newer one from your package manager.`,
  )
  process.exit(1)
}

const say = text => process.stderr.write(`${text}\n`)

/** Runs a command and ends the process when it fails, with its output. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (result.status !== 0) {
    say(`\`${command} ${args.join(' ')}\` failed (${result.error?.message ?? `exit code ${result.status}`})`)
    process.exit(result.status || 1)
  }
}

const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')

/**
 * Installs what the lock file says, unless that was installed last. Not `npm ci`: it refuses a lock file that was made against a registry
 * without the optional binaries of every platform.
 */
export function installIfNeeded() {
  const hash = lockHash()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  say('installing packages …')
  run('npm', ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel=error'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  writeFileSync(stamp, hash)
}

/** hack/build.mjs does nothing when its inputs have not changed. */
export async function buildIfNeeded() {
  const { build } = await import('./build.mjs')
  await build({ log: say })
}
