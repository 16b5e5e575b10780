/**
 * Leader election over a coordination.k8s.io Lease, with client-go's rules: whoever holds the lease renews it; others take
 * it once it has not changed for its whole duration by their own clock, so clocks need not agree. A holder that could not
 * renew within the deadline stops leading before anyone else may begin.
 */
import { type Clock, formatMicroTime, type Random } from '../machinery/clock.js'
import type { KindRef } from '../machinery/kind.js'
import type { KubernetesObject, ObjectKey } from '../machinery/object-meta.js'
import { isReason } from '../machinery/status-error.js'
import type { Logger } from '../telemetry/logger.js'
import { sleep } from './backoff.js'
import type { Client } from './client.js'

interface Lease extends KubernetesObject {
  spec?: {
    holderIdentity?: string
    leaseDurationSeconds?: number
    acquireTime?: string
    renewTime?: string
    leaseTransitions?: number
  }
}

export interface LeaderElectionOptions {
  lease: ObjectKey
  /** Unique among the candidates. */
  identity: string
  /** Milliseconds; client-go's defaults for the core components: 15 s, 10 s, 2 s. */
  leaseDurationMs?: number
  renewDeadlineMs?: number
  retryPeriodMs?: number
}

export interface LeaderElectionDeps {
  client: Client
  clock: Clock
  random: Random
  log: Logger
}

const leaseKind: KindRef<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  scope: 'Namespaced',
  names: { plural: 'leases', singular: 'lease' },
}
const jitterFactor = 1.2

/**
 * Waits for the lease, then runs `lead` with a signal that aborts when the lease is lost or `signal` aborts. `holds` answers at any moment
 * whether the lease is still held by this clock, also where the process was suspended and no timer has told it yet. Resolves when
 * leading has ended: with true if it ever led. The lease is given up on the way out, so that another may begin at once.
 */
export async function runWithLease(
  options: LeaderElectionOptions,
  lead: (signal: AbortSignal, holds: () => boolean) => void,
  deps: LeaderElectionDeps & { signal: AbortSignal },
): Promise<boolean> {
  const election = new Election(options, deps)
  if (!(await election.acquire())) return false
  const leading = new AbortController()
  deps.log.info({ lease: options.lease.name, identity: options.identity }, 'Became leader')
  lead(leading.signal, () => !leading.signal.aborted && election.holds())
  await election.renewUntilLost()
  leading.abort()
  deps.log.info({ lease: options.lease.name, identity: options.identity }, 'Stopped leading')
  await election.release()
  return true
}

class Election {
  /** When the request began that last took or renewed the lease. */
  private renewedAt = 0
  /** What the lease last looked like, and when that was first seen, by the monotonic clock. */
  private observed: { record: string; at: number } | undefined
  private readonly durationMs: number
  private readonly deadlineMs: number
  private readonly retryMs: number

  constructor(
    private readonly options: LeaderElectionOptions,
    private readonly deps: LeaderElectionDeps & { signal: AbortSignal },
  ) {
    this.durationMs = options.leaseDurationMs ?? 15_000
    this.deadlineMs = options.renewDeadlineMs ?? 10_000
    this.retryMs = options.retryPeriodMs ?? 2_000
  }

  async acquire(): Promise<boolean> {
    const { clock, random, signal } = this.deps
    while (!signal.aborted) {
      const began = clock.monotonic()
      if (await this.attempt()) {
        this.renewedAt = began
        return true
      }
      await sleep(clock, this.retryMs * (1 + random.next() * jitterFactor), signal)
    }
    return false
  }

  async renewUntilLost(): Promise<void> {
    const { clock, signal } = this.deps
    while (!signal.aborted && clock.monotonic() - this.renewedAt < this.deadlineMs) {
      await sleep(clock, this.retryMs, signal)
      if (signal.aborted) return
      const began = clock.monotonic()
      // An answer that hangs must not outlive the deadline: another candidate would be leading by then.
      const left = new AbortController()
      const deadline = sleep(clock, this.deadlineMs - (began - this.renewedAt), left.signal).then(() => false)
      if (await Promise.race([this.attempt(), deadline])) this.renewedAt = began
      left.abort()
    }
  }

  /** False from the moment on at which another may take the lease. */
  holds(): boolean {
    return this.deps.clock.monotonic() - this.renewedAt < this.durationMs
  }

  async release(): Promise<void> {
    try {
      const lease = await this.deps.client.get(leaseKind, this.options.lease)
      if (lease.spec?.holderIdentity !== this.options.identity) return
      const now = formatMicroTime(this.deps.clock.now())
      const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now }
      await this.deps.client.update(leaseKind, { ...lease, spec })
    } catch (error) {
      this.deps.log.debug({ err: String(error) }, 'Could not release the lease')
    }
  }

  /** Takes or renews the lease; false when another holds it or the server cannot be asked. */
  private async attempt(): Promise<boolean> {
    try {
      return await this.takeOrRenew()
    } catch (error) {
      this.deps.log.debug({ err: String(error) }, 'Could not take or renew the lease')
      return false
    }
  }

  private async takeOrRenew(): Promise<boolean> {
    const { client, clock } = this.deps
    const { lease: key, identity } = this.options
    const now = formatMicroTime(clock.now())
    const fresh = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.durationMs / 1000),
      acquireTime: now,
      renewTime: now,
      leaseTransitions: 0,
    }
    let lease: Lease
    try {
      lease = await client.get(leaseKind, key)
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error
      this.remember(
        await client.create(leaseKind, {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { ...key },
          spec: fresh,
        }),
      )
      return true
    }
    const held = lease.spec?.holderIdentity === identity
    if (!this.isExpired(lease) && !held && lease.spec?.holderIdentity) return false
    const transitions = lease.spec?.leaseTransitions ?? 0
    const spec = held
      ? { ...fresh, acquireTime: lease.spec?.acquireTime ?? now, leaseTransitions: transitions }
      : { ...fresh, leaseTransitions: transitions + 1 }
    this.remember(await client.update(leaseKind, { ...lease, spec: { ...lease.spec, ...spec } }))
    return true
  }

  private remember(lease: Lease): void {
    this.observed = { record: JSON.stringify(lease.spec), at: this.deps.clock.monotonic() }
  }

  private isExpired(lease: Lease): boolean {
    const record = JSON.stringify(lease.spec)
    if (this.observed?.record !== record) this.remember(lease)
    const duration = (lease.spec?.leaseDurationSeconds ?? this.durationMs / 1000) * 1000
    return this.deps.clock.monotonic() - (this.observed?.at ?? 0) > duration
  }
}
