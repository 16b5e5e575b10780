/** Clients whose watches come late, and who know what controllers have been shown so far. */
import type { Client } from '../../../src/client/client.js'
import type { TestCluster } from '../../../src/controllers/testing/cluster.js'
import type { Clock } from '../../../src/machinery/clock.js'
import type { KindRef } from '../../../src/machinery/kind.js'
import type { KubernetesObject, ObjectKey } from '../../../src/machinery/object-meta.js'
import type { WatchEvent } from '../../../src/machinery/request.js'
import { attachToWrites } from '../../invariants/attach-writes.js'
import type { InvariantObserver } from '../../invariants/observer.js'
import type { Chance } from '../random.js'
import { brokenByPlayers } from './scenario.js'

/** An event comes up to so much late, each kind by itself. */
const mostLagMs = 2_000

/** The same events in the same order, each after a while; they end with the source. */
async function* late<T extends KubernetesObject>(
  source: AsyncIterable<WatchEvent<T>>,
  { clock, chance }: { clock(): Clock; chance: Chance },
): AsyncIterable<WatchEvent<T>> {
  const waiting: { event: WatchEvent<T>; due: number }[] = []
  let ended = false
  let arrived = () => {}
  const pump = async () => {
    for await (const event of source) {
      waiting.push({ event, due: clock().monotonic() + chance.below(mostLagMs) })
      arrived()
    }
  }
  void pump()
    .catch(() => {})
    .finally(() => {
      ended = true
      arrived()
    })
  while (!ended || waiting.length) {
    const next = waiting.shift()
    if (!next) {
      await new Promise<void>(resolve => {
        arrived = resolve
      })
      continue
    }
    const left = next.due - clock().monotonic()
    if (left > 0 && !ended) await new Promise<void>(resolve => void clock().after(left, resolve))
    yield next.event
  }
}

/** Controllers that see late, and what they did that they could not have meant. */
export class LateEyes {
  private readonly wrong: string[] = []
  private observer: InvariantObserver | undefined
  private readonly seen = new Set<string>()

  private cluster: TestCluster | undefined

  /** `except`: invariants that the game breaks itself. */
  constructor(
    private readonly chance: Chance,
    private readonly except: readonly string[] = [],
  ) {}

  /** The cluster that is looked at; due before its first event. */
  open(cluster: TestCluster): InvariantObserver {
    this.cluster = cluster
    this.observer = attachToWrites(cluster, { lagMs: 2 * mostLagMs, except: [...brokenByPlayers, ...this.except] })
    return this.observer
  }

  get violations(): readonly string[] {
    return [...this.wrong, ...(this.observer?.violations ?? [])]
  }

  /** What caches are read through. */
  readonly reader = (client: Client): Client => ({
    ...this.acting(client, 'kube-controller-manager'),
    watch: async (...of) => this.showing(late(await client.watch(...of), { clock: this.clock, chance: this.chance })),
  })

  /** What a controller asks and writes through: its answers are of the present. */
  readonly acting = (client: Client, account: string): Client => ({
    ...client,
    get: async (...of) => this.shown(await client.get(...of)),
    list: async (...of) => {
      const found = await client.list(...of)
      for (const item of found.items) this.shown(item)
      return found
    },
    create: async (...of) => this.shown(await client.create(...of)),
    update: async (...of) => this.shown(await client.update(...of)),
    updateStatus: async (...of) => this.shown(await client.updateStatus(...of)),
    patch: async (...of) => this.shown(await client.patch(...of)),
    delete: async (kind, key, options) => {
      const target = await this.find(kind, key)
      await client.delete(kind, key, options)
      if (target?.metadata.uid && !this.seen.has(target.metadata.uid))
        this.wrong.push(`${account} deleted ${kind.names.plural} ${key.name}, of which it had seen an older one only`)
    },
  })

  private readonly clock = (): Clock => {
    if (!this.cluster) throw new Error('the cluster is not known yet')
    return this.cluster.clock
  }

  private find(kind: KindRef, key: ObjectKey) {
    return this.cluster?.admin.get(kind, key).catch(() => undefined)
  }

  private shown<T extends KubernetesObject>(object: T): T {
    if (object.metadata?.uid) this.seen.add(object.metadata.uid)
    return object
  }

  private async *showing<T extends KubernetesObject>(
    events: AsyncIterable<WatchEvent<T>>,
  ): AsyncIterable<WatchEvent<T>> {
    for await (const event of events) {
      this.shown(event.object)
      yield event
    }
  }
}
