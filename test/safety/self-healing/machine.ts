/** A machine of a simulated cluster: a kubelet that can be killed, containers that can die, power that can fail. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '../../../src/client/client.js'
import { type Kubelet, startKubelet } from '../../../src/kubelet/kubelet.js'
import type { Runtime } from '../../../src/kubelet/runtime/runtime.js'
import type { AddressPool } from '../../../src/kubelet/runtime/sim/address-pool.js'
import { type SimBehaviour, SimRuntime } from '../../../src/kubelet/runtime/sim/sim-runtime.js'
import type { FakeClock } from '../../../src/machinery/fake-clock.js'
import { SeededRandom } from '../../../src/machinery/fake-clock.js'
import { silentLogger } from '../../../src/telemetry/logger.js'
import { newMetricRegistry } from '../../../src/telemetry/metrics.js'
import type { RunningContainer } from '../../invariants/model.js'
import type { Chance } from '../random.js'
import { Mortal } from './mortal-component.js'

export interface MachineDeps {
  clock: FakeClock
  client: Client
  addresses: AddressPool
  behaviour(container: string): SimBehaviour
  /** Called whenever something begins or ends to run. */
  changed(node: string, running: readonly RunningContainer[]): void
}

const never = new Promise<never>(() => {})

/** What a process that was killed does to its containers: nothing. */
function forOneLife(runtime: SimRuntime, isOver: () => boolean): Runtime {
  return new Proxy(runtime as Runtime, {
    get(_, name) {
      const member = runtime[name as keyof SimRuntime] as unknown
      if (typeof member !== 'function' || name === 'events')
        return typeof member === 'function' ? member.bind(runtime) : member
      return async (...of: unknown[]) => {
        if (isOver()) return never
        const result: unknown = await member.apply(runtime, of)
        return isOver() ? never : result
      }
    },
  })
}

export class Machine {
  private runtime: SimRuntime
  private readonly kubelet: Mortal<Kubelet>
  private watching = new AbortController()
  isOn = false

  private constructor(
    readonly name: string,
    private readonly address: string,
    private readonly directory: string,
    private readonly deps: MachineDeps,
  ) {
    this.runtime = this.newRuntime()
    this.kubelet = new Mortal({
      client: deps.client,
      begin: (client, isOver) => this.beginKubelet(client, isOver),
      end: kubelet => void kubelet.stop().catch(() => {}),
    })
  }

  static async create(number: number, deps: MachineDeps): Promise<Machine> {
    const directory = await mkdtemp(join(tmpdir(), 'self-healing-'))
    return new Machine(`node-${number}`, `192.0.2.${number}`, directory, deps)
  }

  /** With nothing on it. Its disk is the one from before. */
  switchOn(): void {
    if (this.isOn) return
    this.isOn = true
    this.follow()
    this.kubelet.start()
  }

  /** Whatever ran is gone, and nobody is told. */
  switchOff(): void {
    if (!this.isOn) return
    this.isOn = false
    this.kubelet.stop()
    this.watching.abort()
    this.runtime = this.newRuntime()
    this.deps.changed(this.name, [])
  }

  stopKubelet(): void {
    this.kubelet.stop()
  }

  startKubelet(): void {
    if (this.isOn) this.kubelet.start()
  }

  /** The kubelet is killed after so many more of its writes, and comes back at once. */
  killKubeletAfter(writes: number): void {
    this.kubelet.killAfter(writes)
  }

  /** One of the containers that run dies. */
  async killContainer(chance: Chance): Promise<void> {
    const running = (await this.runtime.list()).filter(({ state, type }) => state === 'running' && type === 'container')
    if (running.length) await this.runtime.stopContainer(chance.pick(running).id, 0)
  }

  async dispose(): Promise<void> {
    this.kubelet.stop()
    this.watching.abort()
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 })
  }

  private newRuntime(): SimRuntime {
    const { clock, addresses, behaviour } = this.deps
    return new SimRuntime({ clock, addresses, behaviour: (_, { name }) => behaviour(name) })
  }

  private beginKubelet(client: Client, isOver: () => boolean): Kubelet {
    const { clock } = this.deps
    const runtime = forOneLife(this.runtime, isOver)
    const random = new SeededRandom(3)
    const telemetry = { log: silentLogger, metrics: newMetricRegistry() }
    const kubelet = startKubelet(
      { client, runtime, clock, random, ...telemetry },
      {
        nodeName: this.name,
        addresses: [this.address],
        dataDirectory: this.directory,
        capacity: { cpu: '4', memory: '8Gi', pods: '20' },
      },
    )
    kubelet.started.catch(() => {})
    return kubelet
  }

  private follow(): void {
    const { runtime } = this
    this.watching = new AbortController()
    const { signal } = this.watching
    const tell = async () => {
      const all = await runtime.list()
      if (signal.aborted) return
      this.deps.changed(
        this.name,
        all.flatMap(({ state, pod }) =>
          state === 'running' ? [{ namespace: pod.namespace, name: pod.name, uid: pod.uid }] : [],
        ),
      )
    }
    void (async () => {
      for await (const _ of runtime.events(signal)) await tell()
    })()
  }
}
