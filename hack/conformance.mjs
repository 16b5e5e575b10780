/**
 * `npm run conformance -- [--own-machine] RUNNER [regex|FILE]`: brings up a cluster of two nodes of its own and runs the upstream suite on
 * it. RUNNER is a program that takes a kubeconfig and the names of tests (a file or a regular expression). With `--own-machine` all of it runs
 * in namespaces with a Docker daemon of their own (own-machine.sh): for tests that enter the machine.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildIfNeeded, installIfNeeded, root } from './setup.mjs'

const wantsOwnMachine = process.argv[2] === '--own-machine'
const [runner, ...tests] = process.argv.slice(wantsOwnMachine ? 3 : 2)
if (!runner) {
  console.error(
    'usage: npm run conformance -- [--own-machine] RUNNER [regex|FILE]\nRUNNER is a program that runs the suite: RUNNER KUBECONFIG [regex|FILE]',
  )
  process.exit(2)
}
installIfNeeded()
await buildIfNeeded()
if (wantsOwnMachine) {
  const inside = [process.execPath, fileURLToPath(import.meta.url), runner, ...tests]
  process.exit(spawnSync(join(root, 'hack/own-machine.sh'), inside, { stdio: 'inherit' }).status ?? 1)
}
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
