/** What goes wrong, and what users do meanwhile: one thing at a time, by chance. */
import { daemonSet, deployment, statefulSet } from '../../../src/apis/apps-v1/index.js'
import { node, pod } from '../../../src/apis/core-v1/index.js'
import type { ObjectKey } from '../../../src/machinery/object-meta.js'
import { list, merge, named } from '../controllers/scenario.js'
import type { Chance } from '../random.js'
import { createJob } from './workloads.js'
import type { World } from './world.js'

/** A process or machine that went stays away for up to so long: longer than the control plane waits for a node. */
const longestAbsenceMs = 120_000
/** So many machines are left alone, so that there is somewhere to go. */
const alwaysOn = 2

export class Chaos {
  /** How often each thing was done. */
  readonly done = new Map<string, number>()
  private jobs = 0

  constructor(
    private readonly world: World,
    private readonly chance: Chance,
  ) {}

  async strike(): Promise<void> {
    const name = this.chance.pick(Object.keys(this.blows) as (keyof typeof this.blows)[])
    this.done.set(name, (this.done.get(name) ?? 0) + 1)
    // What is not there cannot be struck, and what is refused was not to be.
    await this.blows[name]().catch(() => {})
  }

  /** Everything is put right that does not put itself right: machines are switched on, nodes opened. */
  async repair(): Promise<void> {
    for (const machine of this.world.machines) {
      machine.switchOn()
      machine.startKubelet()
    }
    for (const { metadata } of await list(this.world.cluster, node))
      await merge(this.world.cluster, node, { name: metadata.name ?? '' }, { spec: { unschedulable: null } })
  }

  private get mortal() {
    return this.world.machines.slice(alwaysOn)
  }

  private later(what: () => void): void {
    this.world.cluster.clock.after(this.chance.below(longestAbsenceMs), what)
  }

  private readonly blows = {
    'controllers killed': async () => this.world.killControllersAfter(this.chance.below(6)),
    'scheduler killed': async () => this.world.killSchedulerAfter(this.chance.below(4)),
    'kubelet killed': async () => this.chance.pick(this.world.machines).killKubeletAfter(this.chance.below(6)),
    'kubelet away': async () => {
      const machine = this.chance.pick(this.mortal)
      machine.stopKubelet()
      this.later(() => machine.startKubelet())
    },
    'power failure': async () => {
      const machine = this.chance.pick(this.mortal)
      machine.switchOff()
      this.later(() => machine.switchOn())
    },
    'node removed': async () => {
      const machine = this.chance.pick(this.mortal)
      machine.switchOff()
      await this.world.cluster.admin.delete(node, { name: machine.name })
      this.later(() => machine.switchOn())
    },
    'container killed': async () => this.chance.pick(this.world.machines).killContainer(this.chance),
    'pod evicted': async () => {
      const { admin } = this.world.cluster
      const { metadata } = this.chance.pick(await list(this.world.cluster, pod))
      const key = { namespace: metadata.namespace, name: metadata.name } as ObjectKey
      await admin.createSubresource(pod, key, 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: key })
    },
    'node closed or opened': async () => {
      const unschedulable = this.chance.oneIn(2)
      const { name } = this.chance.pick(this.world.machines)
      await merge(this.world.cluster, node, { name }, { spec: { unschedulable: unschedulable || null } })
    },
    'roll-out': async () => {
      const [kind, name] = this.chance.pick([
        [deployment, 'web'],
        [deployment, 'edge'],
        [statefulSet, 'db'],
        [statefulSet, 'cache'],
        [daemonSet, 'agent'],
      ] as const)
      const containers = [{ name, image: `app:${1 + this.chance.below(5)}` }]
      const body = { spec: { template: { spec: { containers } } } }
      const { admin } = this.world.cluster
      await admin.patch(kind as typeof deployment, named(name), {
        type: 'application/strategic-merge-patch+json',
        body,
      })
    },
    scaling: async () => {
      const [kind, name] = this.chance.pick([
        [deployment, 'web'],
        [statefulSet, 'db'],
        [statefulSet, 'cache'],
      ] as const)
      const replicas = name === 'web' ? 3 + this.chance.below(5) : 1 + this.chance.below(3)
      await merge(this.world.cluster, kind as typeof deployment, named(name), { spec: { replicas } })
    },
    'another job': async () => {
      if (this.jobs >= 3) return
      const completionMode = this.chance.pick(['Indexed', 'NonIndexed'])
      await createJob(this.world.cluster, `work-${++this.jobs}`, { completionMode })
    },
  }
}
