/** For tests: a kubelet against the real API server, in process, with a runtime that is simulated on a clock of the test's own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { namespace as namespaceKind, pod as podKind } from '../../src/apis/core-v1/index.js'
import type { Container, Namespace, Pod, PodSpec } from '../../src/apis/generated/core-v1.js'
import { startTestCluster, type TestCluster } from '../../src/controllers/testing/cluster.js'
import { type Kubelet, startKubelet } from '../../src/kubelet/kubelet.js'
import { newAddressPool } from '../../src/kubelet/runtime/sim/address-pool.js'
import { type SimBehaviour, SimRuntime } from '../../src/kubelet/runtime/sim/sim-runtime.js'
import { SeededRandom } from '../../src/machinery/fake-clock.js'
import { isReason } from '../../src/machinery/status-error.js'
import { silentLogger } from '../../src/telemetry/logger.js'
import { newMetricRegistry } from '../../src/telemetry/metrics.js'

export const nodeName = 'node-1'
export const key = { namespace: 'shop', name: 'web' }

export const container = (name: string, over: Partial<Container> = {}): Container => ({ name, image: 'app:1', ...over })

const serviceAccountKind = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  scope: 'Namespaced',
  names: { plural: 'serviceaccounts', singular: 'serviceaccount' },
} as const

export class SimulatedKubelet {
  readonly cluster: TestCluster
  readonly directory: string
  readonly runtime: SimRuntime
  /** By container name. */
  readonly behaviours: Record<string, SimBehaviour> = {}
  /** Of every command that probes run. */
  execCode = 0
  #kubelet: Kubelet | undefined

  private constructor(cluster: TestCluster, directory: string) {
    this.cluster = cluster
    this.directory = directory
    this.runtime = new SimRuntime({
      clock: cluster.clock,
      addresses: newAddressPool('10.244.0.0/16'),
      behaviour: (_, { name }) => this.behaviours[name] ?? {},
      exec: () => ({ exitCode: this.execCode, output: 'told' }),
    })
  }

  /** The kubelet runs, in a cluster with the namespace `shop`. */
  static async create(): Promise<SimulatedKubelet> {
    const cluster = await startTestCluster()
    const world = new SimulatedKubelet(cluster, await mkdtemp(join(tmpdir(), 'kubelet-')))
    await cluster.admin.create(namespaceKind, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop' },
    } as Namespace)
    await cluster.until('the service account', () =>
      cluster.admin.get(serviceAccountKind, { namespace: 'shop', name: 'default' }).then(
        () => true,
        () => false,
      ),
    )
    await world.start()
    return world
  }

  async start(): Promise<void> {
    const { cluster, runtime, directory } = this
    const deps = {
      client: cluster.admin,
      runtime,
      clock: cluster.clock,
      random: new SeededRandom(3),
      log: silentLogger,
      metrics: newMetricRegistry(),
    }
    this.#kubelet = startKubelet(deps, { nodeName, addresses: ['192.0.2.1'], dataDirectory: directory })
    await this.#kubelet.started
  }

  async stop(): Promise<void> {
    await this.#kubelet?.stop()
  }

  async dispose(): Promise<void> {
    await this.stop()
    await this.cluster.stop()
    await rm(this.directory, { recursive: true, force: true })
  }

  /** Waits for the disk in real time, and moves the cluster's clock by `stepMs` between looks. */
  async until(what: string, holds: () => Promise<boolean> | boolean, stepMs = 1): Promise<void> {
    for (let step = 0; step < 1500; step++) {
      if (await holds()) return
      await new Promise(resolve => setTimeout(resolve, 1))
      await this.cluster.clock.advance(stepMs)
    }
    throw new Error(`never came true: ${what}`)
  }

  /** Of `createPod`. */
  getPod(): Promise<Pod> {
    return this.cluster.admin.get<Pod>(podKind, key)
  }

  untilPhase(wanted: string, stepMs?: number): Promise<void> {
    return this.until(wanted, async () => (await this.getPod()).status?.phase === wanted, stepMs)
  }

  isGone(): Promise<boolean> {
    return this.getPod().then(
      () => false,
      error => isReason(error, 'NotFound'),
    )
  }

  createPod(spec: Partial<PodSpec> = {}): Promise<Pod> {
    return this.cluster.admin.create<Pod>(podKind, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...key },
      spec: { nodeName, containers: [container('app')], ...spec },
    })
  }

  async records() {
    return (await this.runtime.list()).filter(({ type }) => type === 'container')
  }

  /** Such as `app/0 running`. */
  async names(): Promise<string[]> {
    return (await this.records()).map(({ name, attempt, state }) => `${name}/${attempt} ${state}`).sort()
  }
}
