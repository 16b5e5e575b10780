/** A whole simulated cluster whose every part can be killed: controllers, scheduler, kubelets, machines, containers. */

import type { Client } from '../../../src/client/client.js'
import { newInformerFactory } from '../../../src/client/informer-factory.js'
import { startTestCluster, type TestCluster } from '../../../src/controllers/testing/cluster.js'
import { newAddressPool } from '../../../src/kubelet/runtime/sim/address-pool.js'
import type { SimBehaviour } from '../../../src/kubelet/runtime/sim/sim-runtime.js'
import { SeededRandom } from '../../../src/machinery/fake-clock.js'
import { startScheduler } from '../../../src/scheduler/index.js'
import { silentLogger } from '../../../src/telemetry/logger.js'
import { newMetricRegistry } from '../../../src/telemetry/metrics.js'
import { attachToWrites } from '../../invariants/attach-writes.js'
import type { InvariantObserver } from '../../invariants/observer.js'
import { Lives } from '../controllers/mortal.js'
import type { Chance } from '../random.js'
import { Machine } from './machine.js'
import { Mortal } from './mortal-component.js'

/** Time goes on by so much at once; what has to be done meanwhile is waited for. */
export const stepMs = 500
/** Turns of a millisecond without a write after which nothing is being done. */
const quietTurns = 2
const mostTurns = 40

interface SchedulerLife {
  stop(): void
}

export class World {
  readonly machines: Machine[] = []
  private writes = 0
  private controllerWritesLeft = Number.POSITIVE_INFINITY

  private constructor(
    readonly cluster: TestCluster,
    readonly observer: InvariantObserver,
    private readonly scheduler: Mortal<SchedulerLife>,
  ) {
    cluster.onWrite(() => this.writes++)
  }

  static async create(size: number, { chance, jobFails }: { chance: Chance; jobFails(): boolean }): Promise<World> {
    let world: World | undefined
    let count = 0
    const lives = new Lives({
      dies: () => (world ? world.controllerWritesLeft-- <= 0 : false),
      replace: () => world?.replaceControllers(),
      changesOf: () => count++,
    })
    const cluster = await startTestCluster({
      wrapClient: (client, account) => lives.client(client, account),
      wrapReader: client => lives.client(client, 'kube-controller-manager'),
    })
    const observer = attachToWrites(cluster, { lagMs: stepMs + 200 })
    const scheduler = new Mortal<SchedulerLife>({
      client: cluster.admin,
      begin: client => beginScheduler(client, cluster, chance),
      end: life => life.stop(),
    })
    world = new World(cluster, observer, scheduler)
    scheduler.start()
    const addresses = newAddressPool('10.244.0.0/16')
    const behaviour = (container: string): SimBehaviour =>
      container === 'work' ? { exitAfterMs: 7_000, exitCode: jobFails() ? 1 : 0 } : { stopMs: 300 }
    for (let number = 1; number <= size; number++) {
      const machine = await Machine.create(number, {
        clock: cluster.clock,
        client: cluster.admin,
        addresses,
        behaviour,
        changed: (node, running) => observer.observeContainers(node, running),
      })
      world.machines.push(machine)
      machine.switchOn()
    }
    return world
  }

  /** The clock goes on, and everybody does what there is to do. */
  async run(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      await this.cluster.clock.advance(stepMs)
      let before = -1
      for (let turn = 0, quiet = 0; turn < mostTurns && quiet < quietTurns; turn++) {
        quiet = this.writes === before ? quiet + 1 : 0
        before = this.writes
        // Kubelets wait for the disk.
        await new Promise(resolve => setTimeout(resolve, 1))
      }
    }
  }

  /** The controllers are killed after so many more of their writes; others take their place. */
  killControllersAfter(writes: number): void {
    this.controllerWritesLeft = writes
  }

  killSchedulerAfter(writes: number): void {
    this.scheduler.killAfter(writes)
  }

  async dispose(): Promise<void> {
    this.scheduler.stop()
    await Promise.all(this.machines.map(machine => machine.dispose()))
    await this.cluster.stop()
  }

  private replaceControllers(): void {
    this.controllerWritesLeft = Number.POSITIVE_INFINITY
    this.cluster.replaceControllers()
  }
}

function beginScheduler(client: Client, { clock }: TestCluster, chance: Chance): SchedulerLife {
  const shared = { client, clock, random: new SeededRandom(chance.below(1_000)), log: silentLogger }
  const informers = newInformerFactory(shared)
  const scheduler = startScheduler({ ...shared, informers, metrics: newMetricRegistry() })
  informers.start()
  return {
    stop() {
      scheduler.stop()
      informers.stop()
    },
  }
}
