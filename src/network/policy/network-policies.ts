/** Enforces NetworkPolicies: follows them, pods and namespaces, and keeps the rules in the cluster's table. */
import { namespace as namespaceKind } from '../../apis/core-v1/namespace.js'
import { pod as podKind } from '../../apis/core-v1/pod.js'
import type { Namespace, Pod } from '../../apis/generated/core-v1.js'
import { networkPolicy } from '../../apis/networking-v1/index.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import type { Clock, Timer } from '../../machinery/clock.js'
import type { TableKeeper } from '../packet-filter/table-keeper.js'
import { planPolicies } from './policy-rules.js'

export interface NetworkPoliciesDeps {
  informers: InformerFactory
  clock: Clock
  table: TableKeeper
}

/** Changes that come together become one transaction. */
const gatherMs = 5
/** What of a pod its policies hang on; its containers' ports do not change. */
const traitsOf = ({ metadata, status }: Pod) => JSON.stringify([metadata.labels, status?.podIP, status?.phase])

class NetworkPolicies {
  readonly #policies
  readonly #pods
  readonly #namespaces
  /** What was asked for, by owner, as text. */
  readonly #parts = new Map<string, string>()
  readonly #leave: (() => void)[]
  #timer: Timer | undefined
  #running: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(private readonly deps: NetworkPoliciesDeps) {
    const { informers } = deps
    this.#policies = informers.informer(networkPolicy)
    this.#pods = informers.informer(podKind)
    this.#namespaces = informers.informer(namespaceKind)
    const changed = () => this.#schedule()
    const ofPeer = () => {
      // Without policies nothing hangs on pods.
      if (this.#policies.size) this.#schedule()
    }
    this.#leave = [
      this.#policies.addHandler({ add: changed, update: changed, delete: changed }),
      this.#pods.addHandler({
        add: ofPeer,
        delete: ofPeer,
        update: (pod, old) => traitsOf(pod) !== traitsOf(old) && ofPeer(),
      }),
      this.#namespaces.addHandler({
        add: ofPeer,
        update: (namespace: Namespace, old: Namespace) =>
          JSON.stringify(namespace.metadata.labels) !== JSON.stringify(old.metadata.labels) && ofPeer(),
      }),
    ]
  }

  #schedule(): void {
    if (this.#stopped) return
    this.#timer ??= this.deps.clock.after(gatherMs, () => {
      this.#timer = undefined
      this.#running = this.#running.then(() => this.#sync())
    })
  }

  async #sync(): Promise<void> {
    if (this.#stopped) return
    const informers = [this.#policies, this.#pods, this.#namespaces]
    if (!informers.every(({ hasSynced }) => hasSynced)) {
      this.#schedule()
      return
    }
    const { table } = this.deps
    const [policies, pods, namespaces] = [this.#policies.list(), this.#pods.list(), this.#namespaces.list()]
    const parts = planPolicies({ policies, pods, namespaces })
    for (const owner of this.#parts.keys())
      if (!parts.has(owner)) {
        table.set(owner)
        this.#parts.delete(owner)
      }
    for (const [owner, part] of parts) {
      const text = JSON.stringify(part)
      if (this.#parts.get(owner) === text) continue
      this.#parts.set(owner, text)
      table.set(owner, part)
    }
    await table.flush()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    for (const leave of this.#leave) leave()
    await this.#running
  }
}

/** The rules go with the table. */
export const startNetworkPolicies = (deps: NetworkPoliciesDeps): { stop(): Promise<void> } => new NetworkPolicies(deps)
