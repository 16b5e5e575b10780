/** The heartbeat of a node: a Lease in kube-node-lease, renewed every ten seconds. */
import type { Lease } from '../../apis/generated/coordination-v1.js'
import type { Node } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import { type Clock, formatMicroTime, type Timer } from '../../machinery/clock.js'
import { isReason } from '../../machinery/status-error.js'
import type { Logger } from '../../telemetry/logger.js'
import { leaseKind } from '../kinds.js'

const namespace = 'kube-node-lease'
const leaseDurationSeconds = 40
const renewMs = 10_000
const retryMs = 1_000

export interface LeaseDeps {
  client: Client
  clock: Clock
  log: Logger
}

export class NodeLease {
  readonly #deps: LeaseDeps
  readonly #node: Node
  #lease: Lease | undefined
  #timer: Timer | undefined
  #stopped = false

  /** The lease belongs to the node: it goes with it. */
  constructor(node: Node, deps: LeaseDeps) {
    this.#node = node
    this.#deps = deps
  }

  start(): void {
    void this.#renewForever()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  async #renewForever(): Promise<void> {
    let pause = renewMs
    try {
      await this.#renew()
    } catch (error) {
      // Someone else wrote it: read it anew.
      this.#lease = undefined
      pause = retryMs
      if (!this.#stopped) this.#deps.log.warn({ error: String(error) }, 'Could not renew the lease of the node')
    }
    if (!this.#stopped) this.#timer = this.#deps.clock.after(pause, () => void this.#renewForever())
  }

  async #renew(): Promise<void> {
    const { client, clock } = this.#deps
    const { name = '' } = this.#node.metadata
    const renewTime = formatMicroTime(clock.now())
    const current = this.#lease ?? (await this.#read(name))
    if (current) {
      const spec = { ...current.spec, holderIdentity: name, leaseDurationSeconds, renewTime }
      this.#lease = await client.update(leaseKind, { ...current, spec })
      return
    }
    this.#lease = await client.create(leaseKind, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name,
        namespace,
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: this.#node.metadata.uid ?? '' }],
      },
      spec: { holderIdentity: name, leaseDurationSeconds, renewTime },
    })
  }

  async #read(name: string): Promise<Lease | undefined> {
    try {
      return await this.#deps.client.get(leaseKind, { namespace, name })
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined
      throw error
    }
  }
}
