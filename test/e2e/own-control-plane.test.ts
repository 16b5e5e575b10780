/**
 * Our controllers and our scheduler, as processes of their own, on a stock kube-apiserver v1.34.4; the node is ours too, its containers are
 * simulated. MINIK8S_STOCK_BIN names the directory of the stock programs; without them the tests are skipped.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { systemClock as clock, systemRandom as random } from '../../src/cli/system.js'
import { newHttpsClient } from '../../src/client/https.js'
import { readKubeconfig } from '../../src/client/kubeconfig.js'
import { type Kubelet, startKubelet } from '../../src/kubelet/kubelet.js'
import { newAddressPool } from '../../src/kubelet/runtime/sim/address-pool.js'
import { SimRuntime } from '../../src/kubelet/runtime/sim/sim-runtime.js'
import { silentLogger as log } from '../../src/telemetry/logger.js'
import { newMetricRegistry } from '../../src/telemetry/metrics.js'
import { program } from './harness/cluster.js'
import { testControlPlane } from './harness/control-plane-tests.js'
import { eventually, output } from './harness/run.js'
import { StockServer, stockProgram } from './harness/stock.js'
import { describeWith, type Tool } from './harness/tool.js'

const needed = ['kube-apiserver', 'etcd']
const missing = needed.filter(name => !stockProgram(name))
const tool: Tool = missing.length
  ? { missing: `MINIK8S_STOCK_BIN names no directory with ${missing.join(', ')}` }
  : { program: needed[0]! }

class OwnComponent {
  log = ''
  readonly ended: Promise<number | null>
  readonly #process: ChildProcess

  constructor(name: string, kubeconfig: string, more: readonly string[]) {
    const lease = ['lease-duration=9s', 'renew-deadline=7s', 'retry-period=500ms']
    const flags = ['--kubeconfig', kubeconfig, ...lease.map(flag => `--leader-elect-${flag}`), ...more]
    this.#process = spawn(process.execPath, [program, name, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.ended = new Promise(resolve => this.#process.once('exit', code => resolve(code)))
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on('data', chunk => {
        this.log += chunk
      })
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  async stop(): Promise<number | null> {
    this.signal('SIGTERM')
    return this.ended
  }
}

describeWith('own control plane on a stock API server', tool, () => {
  const server = new StockServer()
  const directory = mkdtempSync(join(tmpdir(), 'minik8s-node-'))
  const running: OwnComponent[] = []
  let kubelet: Kubelet
  let closeClient: () => void
  const kubectl = (...args: string[]) => output('kubectl', ['--kubeconfig', server.kubeconfig, ...args])
  const apply = (input: string) => output('kubectl', ['--kubeconfig', server.kubeconfig, 'apply', '-f', '-'], { input })
  const holder = (lease: string) =>
    kubectl('get', 'lease', '-n', 'kube-system', lease, '-o', 'jsonpath={.spec.holderIdentity}')

  function start(name: string): OwnComponent {
    // The server signed its certificate itself.
    const ca = name === 'controller-manager' ? ['--root-ca-file', join(server.dir, 'certs/apiserver.crt')] : []
    const component = new OwnComponent(name, server.kubeconfig, ca)
    running.push(component)
    return component
  }

  beforeAll(async () => {
    await server.start()
    start('controller-manager')
    start('scheduler')
    const client = newHttpsClient(await readKubeconfig(server.kubeconfig), { clock })
    closeClient = () => client.close()
    const runtime = new SimRuntime({ clock, addresses: newAddressPool('10.244.0.0/16') })
    const deps = { client, runtime, clock, random, log, metrics: newMetricRegistry() }
    kubelet = startKubelet(deps, { nodeName: 'node-1', addresses: ['192.0.2.1'], dataDirectory: directory })
    await kubelet.started
  })
  afterAll(async () => {
    await kubelet.stop()
    closeClient()
    await Promise.all(running.map(component => component.stop()))
    await server[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true, force: true })
  })

  testControlPlane({ kubectl, apply })

  test('a second scheduler takes over from the first', async () => {
    const before = await holder('kube-scheduler')
    start('scheduler')
    expect(await running[1]!.stop()).toBe(0)
    await eventually('a new holder', async () => !['', before].includes(await holder('kube-scheduler')))
    await kubectl('run', 'later', '--image=nginx:1.27')
    await kubectl('wait', '--for=condition=Ready', 'pod/later', '--timeout=60s')
  })

  test('a controller manager that was suspended for longer than its lease ends, and writes nothing more', async () => {
    const first = running[0]!
    const before = await holder('kube-controller-manager')
    first.signal('SIGSTOP')
    start('controller-manager')
    await eventually('a new holder', async () => ![before, ''].includes(await holder('kube-controller-manager')))
    await kubectl('create', 'deployment', 'fenced', '--image=nginx:1.27', '--replicas=3')
    await kubectl('rollout', 'status', 'deploy/fenced', '--timeout=60s')
    first.signal('SIGCONT')
    expect(await first.ended).toBe(1)
    expect((await kubectl('get', 'pods', '-l', 'app=fenced', '-o', 'name')).trim().split('\n')).toHaveLength(3)
  })
})
