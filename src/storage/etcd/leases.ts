/** Leases of etcd that let keys expire: one serves many keys, as upstream shares them. */
import type { Clock } from '../../machinery/clock.js'
import type { EtcdClient } from './etcd-client.js'

/** Upstream's figures: a lease takes keys for a minute, or for a twentieth of their life if that is less, and so many. */
const longestShare = 60_000
const shareOfLife = 0.05
const maxKeys = 1000

interface Lease {
  id: Promise<number | bigint>
  /** Keys may be added until then, monotonic. */
  open: number
  keys: number
}

export class Leases {
  readonly #client: EtcdClient
  readonly #clock: Clock
  /** By time to live. */
  readonly #current = new Map<number, Lease>()

  constructor(client: EtcdClient, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  /** A lease whose keys live for `timeToLive` milliseconds or a little longer. */
  async leaseFor(timeToLive: number): Promise<number | bigint> {
    const now = this.#clock.monotonic()
    let lease = this.#current.get(timeToLive)
    if (!lease || lease.open < now || lease.keys >= maxKeys) {
      const share = Math.min(longestShare, timeToLive * shareOfLife)
      lease = { id: this.#client.grantLease(Math.ceil((timeToLive + share) / 1000)), open: now + share, keys: 0 }
      this.#current.set(timeToLive, lease)
    }
    lease.keys++
    try {
      return await lease.id
    } catch (error) {
      if (this.#current.get(timeToLive) === lease) this.#current.delete(timeToLive)
      throw error
    }
  }
}
