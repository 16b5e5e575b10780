/** Runs the contract of network managers on bridges and on CNI plugins as root, and on Docker where a daemon answers. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll } from '@jest/globals'
import { BridgeNetwork } from '../../src/kubelet/network/bridge/bridge-network.js'
import { silentLogger } from '../../src/telemetry/logger.js'
import { openCniUnderTest } from './cni-plugin.js'
import { openDockerNetwork } from './docker-network.js'
import { describeNetwork, type Holder, ipv6Block, listening } from './network.js'

const run = promisify(execFile)
const cluster = `net${process.pid}`
const directory = await mkdtemp(join(tmpdir(), 'minik8s-network-'))
afterAll(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }))

/** A process that listens in a network namespace of its own. */
async function newHolder(): Promise<Holder> {
  const script = `${listening}.on('listening', () => process.stdout.write('.'))`
  const child: ChildProcess = spawn('unshare', ['--net', process.execPath, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout!, 'data')
  const enter = ['-t', String(child.pid), '-n', process.execPath, '-e']
  return {
    id: randomBytes(32).toString('hex'),
    namespace: `/proc/${child.pid}/ns/net`,
    run: async text => (await run('nsenter', [...enter, text])).stdout,
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** Of all that this test makes, the names have the number of its process. */
const links = async () => readdirSync('/sys/class/net').filter(name => name.includes(cluster))

if (spawnSync('unshare', ['--mount', '--net', '--fork', 'true']).status === 0) {
  describeNetwork('bridge', async () => {
    const own = join(directory, 'bridge')
    const addressing = { prefix: 20, nodeMask: 24, ...ipv6Block(1) }
    const open = () => BridgeNetwork.open({ cluster, directory: own, log: silentLogger, addressing })
    const network = await open()
    return { network, reopen: open, newHolder, links, close: () => network.tearDown() }
  })
  describeNetwork('cni', async () => {
    const opened = await openCniUnderTest(cluster, join(directory, 'cni'))
    return { ...opened, newHolder, links }
  })
}

const docker = await openDockerNetwork(cluster)
if (docker) describeNetwork('docker', async () => docker)
