/**
 * `npm run conformance -- RUNNER [regex|FILE]`: brings up a cluster of two nodes of its own and runs the upstream suite on it. RUNNER is a
 * program that takes a kubeconfig and the names of tests (a file or a regular expression).
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildIfNeeded, installIfNeeded, root } from './setup.mjs'

const [runner, ...tests] = process.argv.slice(2)
if (!runner) {
  console.error(
    'usage: npm run conformance -- RUNNER [regex|FILE]\nRUNNER is a program that runs the suite: RUNNER KUBECONFIG [regex|FILE]',
  )
  process.exit(2)
}
installIfNeeded()
await buildIfNeeded()
const dir = mkdtempSync(join(tmpdir(), 'minik8s-conformance-'))
const flags = ['--data-dir', dir, '--port', '0', '--nodes', '2', '--kubeconfig-out', join(dir, 'admin.conf')]
const cluster = spawn('node', ['dist/minik8s.js', 'up', ...flags], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
await new Promise((resolve, reject) => {
  cluster.stdout.on('data', d => String(d).includes('is ready in') && resolve())
  cluster.once('exit', code => reject(new Error(`minik8s ended with code ${code}`)))
})
const { status } = spawnSync(runner, [join(dir, 'admin.conf'), ...tests], { stdio: 'inherit' })
cluster.removeAllListeners('exit')
const ended = new Promise(resolve => cluster.once('exit', resolve))
cluster.kill('SIGTERM')
await ended
spawnSync('node', ['dist/minik8s.js', 'reset', '--data-dir', dir], { cwd: root, stdio: 'inherit' })
rmSync(dir, { recursive: true, force: true })
process.exitCode = status ?? 1
