/**
 * `npm test`: everything, set up from nothing. Installs packages, builds, installs Debian's Docker, Prometheus, busybox and Redis where they
 * are missing (as root), starts a private dockerd where none answers, makes its images, runs unit, contract and end-to-end tests,
 * and takes away again what it made. Ends with `N passed, N failed`. Arguments: `unit` or `e2e` for one half, then jest's own.
 */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildIfNeeded, installIfNeeded, root } from './setup.mjs'

const say = text => process.stderr.write(`${text}\n`)
const succeeds = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0

/** What the end-to-end tests call, and the Debian package that has it. */
const tools = {
  dockerd: 'docker.io',
  iptables: 'iptables',
  nft: 'nftables',
  prometheus: 'prometheus',
  busybox: 'busybox-static',
  // The server is the same program as redis-check-rdb under another name: this package starts no service.
  'redis-check-rdb': 'redis-tools',
}

function installTools() {
  const missing = Object.entries(tools).filter(([command]) => !succeeds('sh', ['-c', `command -v ${command}`]))
  if (!missing.length) return
  const packages = missing.map(([, name]) => name)
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    throw new Error(
      `the end-to-end tests need ${packages.join(', ')}: install them, or run \`npm test\` as root on Debian`,
    )
  say(`installing ${packages.join(', ')} …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', ...packages],
  ]) {
    const result = spawnSync('apt-get', args, { env, encoding: 'utf8' })
    if (result.status !== 0) throw new Error(`apt-get ${args[0]} failed:\n${result.stderr}`)
  }
}

/** A dockerd of our own when none answers. Returns what stops it. */
async function ensureDocker() {
  if (succeeds('docker', ['info'])) return () => {}
  const dir = mkdtempSync(join(tmpdir(), 'minik8s-dockerd-'))
  // A test is a user who may use Docker.
  chmodSync(dir, 0o711)
  const host = `unix://${dir}/docker.sock`
  say('no Docker daemon answers: starting a private one …')
  const log = openSync(join(dir, 'dockerd.log'), 'w')
  const args = ['--data-root', `${dir}/data`, '--exec-root', `${dir}/exec`, '--pidfile', `${dir}/pid`, '--host', host]
  const child = spawn('dockerd', args, { stdio: ['ignore', log, log], detached: true })
  process.env.DOCKER_HOST = host
  for (let tries = 0; tries < 120; tries++) {
    if (child.exitCode !== null) break
    if (succeeds('docker', ['info'])) {
      return async () => {
        child.kill('SIGTERM')
        await new Promise(resolve => child.once('exit', resolve))
        // It leaves its own network namespace mounted.
        spawnSync('umount', ['--lazy', `${dir}/exec/netns/default`], { stdio: 'ignore' })
        rmSync(dir, { recursive: true, force: true })
      }
    }
    await new Promise(resolve => setTimeout(resolve, 500))
  }
  throw new Error(
    `dockerd did not start:\n${readFileSync(join(dir, 'dockerd.log'), 'utf8').split('\n').slice(-8).join('\n')}`,
  )
}

/** Runs one jest configuration; resolves with its counts. A run that broke down counts as one failure. */
function runJest(config, extra) {
  const directory = mkdtempSync(join(tmpdir(), 'minik8s-test-'))
  const out = join(directory, 'result.json')
  const jest = [
    '--experimental-vm-modules',
    '--no-warnings',
    'node_modules/jest/bin/jest.js',
    '--config',
    config,
    '--json',
    '--outputFile',
    out,
  ]
  spawnSync('node', [...jest, ...extra], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  if (!existsSync(out)) return { passed: 0, failed: 1, skipped: 0 }
  const r = JSON.parse(readFileSync(out, 'utf8'))
  rmSync(directory, { recursive: true })
  return {
    passed: r.numPassedTests,
    failed: r.numFailedTests + r.numRuntimeErrorTestSuites,
    skipped: r.numPendingTests,
  }
}

const [first, ...rest] = process.argv.slice(2)
const half = first === 'unit' || first === 'e2e' ? first : undefined
const extra = half ? rest : process.argv.slice(2)

installIfNeeded()
await buildIfNeeded()
const totals = { passed: 0, failed: 0, skipped: 0 }
const add = counts => {
  for (const key of Object.keys(totals)) totals[key] += counts[key]
}
let stopDocker = () => {}
let images = []
try {
  // Before the unit tests: the contract suite of container runtimes runs on Docker wherever a daemon answers.
  if (half !== 'unit') {
    installTools()
    stopDocker = await ensureDocker()
  }
  if (half !== 'e2e') add(runJest('jest.config.mjs', extra))
  if (half !== 'unit') {
    const { makeTestImages } = await import('./test-images.mjs')
    images = makeTestImages()
    add(runJest('jest.e2e.config.mjs', extra))
  }
} catch (error) {
  say(`the end-to-end tests could not run: ${error.message}`)
  totals.failed += 1
} finally {
  if (images.length) spawnSync('docker', ['image', 'rm', '-f', ...images], { stdio: 'ignore' })
  await stopDocker()
}
console.log(`${totals.passed} passed, ${totals.failed} failed${totals.skipped ? `, ${totals.skipped} skipped` : ''}`)
process.exitCode = totals.failed || !totals.passed ? 1 : 0
