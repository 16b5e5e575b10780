/** Enforces NetworkPolicies: follows them, pods and namespaces, and keeps the rules in the cluster's table. */
import { namespace as namespaceKind } from '../../apis/core-v1/namespace.js'
import { pod as podKind } from '../../apis/core-v1/pod.js'
import type { Namespace, Pod } from '../../apis/generated/core-v1.js'
import { networkPolicy } from '../../apis/networking-v1/index.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import type { Clock } from '../../machinery/clock.js'
import type { IpFamily } from '../../machinery/ip-family.js'
import { GatheredSync } from '../gathered-sync.js'
import type { TableKeeper } from '../packet-filter/table-keeper.js'
import type { PolicyInput } from './policy-peers.js'

export interface NetworkPoliciesDeps<Part> {
  /** Of the addresses that rules are for. */
  family: IpFamily
  informers: InformerFactory
  clock: Clock
  table: TableKeeper<Part>
  /** What is to be in the table, by owner; nothing without policies. */
  plan(input: PolicyInput): Map<string, Part>
}

/** What of a pod its policies hang on; its containers' ports do not change. */
const traitsOf = ({ metadata, status }: Pod) => JSON.stringify([metadata.labels, status?.podIPs, status?.phase])

class NetworkPolicies<Part> {
  readonly #policies
  readonly #pods
  readonly #namespaces
  /** What was asked for, by owner, as text. */
  readonly #parts = new Map<string, string>()
  readonly #leave: (() => void)[]
  readonly #sync: GatheredSync

  constructor(private readonly deps: NetworkPoliciesDeps<Part>) {
    const { informers, clock } = deps
    this.#sync = new GatheredSync(clock, () => this.#put())
    this.#policies = informers.informer(networkPolicy)
    this.#pods = informers.informer(podKind)
    this.#namespaces = informers.informer(namespaceKind)
    const changed = this.#sync.schedule
    const ofPeer = () => {
      // Without policies nothing hangs on pods.
      if (this.#policies.size) changed()
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

  async #put(): Promise<void> {
    const informers = [this.#policies, this.#pods, this.#namespaces]
    if (!informers.every(({ hasSynced }) => hasSynced)) {
      this.#sync.schedule()
      return
    }
    const { table, plan, family } = this.deps
    const [policies, pods, namespaces] = [this.#policies.list(), this.#pods.list(), this.#namespaces.list()]
    const parts = plan({ family, policies, pods, namespaces })
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
    for (const leave of this.#leave) leave()
    await this.#sync.stop()
  }
}

/** The rules go with the table. */
export const startNetworkPolicies = <Part>(deps: NetworkPoliciesDeps<Part>): { stop(): Promise<void> } =>
  new NetworkPolicies(deps)
