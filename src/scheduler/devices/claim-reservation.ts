/** Claims kept for a pod that has got its node: allocation and reservation are written before it is bound. Source: upstream's bindClaim and Unreserve. */
import type { Pod } from '../../apis/generated/core-v1.js'
import type { AllocationResult, ResourceClaim } from '../../apis/generated/resource-v1.js'
import { resourceClaim } from '../../apis/resource-v1/index.js'
import { claimFinalizer, isReservedFor } from '../../apis/resource-v1/pod-claims.js'
import type { Client } from '../../client/client.js'
import type { ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import type { Reservation } from '../framework.js'

interface KeptClaim {
  claim: ResourceClaim
  /** Where the scheduler found it; absent for a claim that was allocated before. */
  allocation?: AllocationResult
}

export interface ClaimReservationDeps {
  client: Client
  /** The allocation is no longer under way; `written` is the claim that holds it, if it came to that. */
  settled(claim: ResourceClaim, written?: ResourceClaim): void
}

/** Others may write to the claim meanwhile. */
const maxTries = 5
const nameOf = ({ metadata }: ResourceClaim) => `${metadata.namespace}/${metadata.name}`
const failed = (what: string) => (error: Error) => {
  throw isReason(error, 'Conflict') ? error : new Error(`${what}: ${error.message}`, { cause: error })
}

export class ClaimReservation implements Reservation {
  private readonly claims: KeptClaim[]

  constructor(
    private readonly pod: Pod,
    claims: readonly KeptClaim[],
    private readonly deps: ClaimReservationDeps,
  ) {
    this.claims = claims.map(each => ({ ...each }))
  }

  async preBind(): Promise<void> {
    for (const kept of this.claims) {
      if (isReservedFor(this.pod, kept.claim)) continue
      const written = await this.write(kept)
      this.deps.settled(kept.claim, written)
      kept.claim = written
    }
  }

  unreserve(): void {
    const { uid } = this.pod.metadata
    for (const { claim } of this.claims) {
      this.deps.settled(claim)
      if (!claim.status?.allocation || !isReservedFor(this.pod, claim)) continue
      const reservedFor = [{ $patch: 'delete', uid }]
      const body = { metadata: { uid: claim.metadata.uid }, status: { reservedFor } }
      const patch = { type: 'application/strategic-merge-patch+json', body } as const
      // The claim's controller does it otherwise, when the pod is gone; a pod that comes again finds it reserved.
      this.deps.client
        .patch(resourceClaim, claim.metadata as ObjectKey, patch, { subresource: 'status' })
        .catch(() => {})
    }
  }

  private async write({ claim, allocation }: KeptClaim): Promise<ResourceClaim> {
    let current = claim
    for (let tries = 1; ; tries++) {
      try {
        return await this.tryWrite(current, allocation)
      } catch (error) {
        if (!isReason(error, 'Conflict') || tries === maxTries) throw error
      }
      current = await this.deps.client
        .get<ResourceClaim>(resourceClaim, claim.metadata as ObjectKey)
        .catch(failed(`get updated claim ${nameOf(claim)} after conflict`))
    }
  }

  private async tryWrite(claim: ResourceClaim, allocation: AllocationResult | undefined): Promise<ResourceClaim> {
    const { client } = this.deps
    const about = nameOf(claim)
    if (claim.metadata.deletionTimestamp) throw new Error(`claim ${about} got deleted in the meantime`)
    if (allocation && claim.status?.allocation)
      throw new Error(`claim ${about} got allocated elsewhere in the meantime`)
    let current = claim
    const finalizers = claim.metadata.finalizers ?? []
    if (allocation && !finalizers.includes(claimFinalizer)) {
      const metadata = { ...claim.metadata, finalizers: [...finalizers, claimFinalizer] }
      current = await client
        .update<ResourceClaim>(resourceClaim, { ...claim, metadata })
        .catch(failed(`add finalizer to claim ${about}`))
    }
    const { name = '', uid = '' } = this.pod.metadata
    const reservedFor = [...(current.status?.reservedFor ?? []), { resource: 'pods', name, uid }]
    const status = { ...current.status, ...(allocation && { allocation }), reservedFor }
    return client
      .updateStatus<ResourceClaim>(resourceClaim, { ...current, status })
      .catch(failed(`add ${allocation ? 'allocation and ' : ''}reservation to claim ${about}`))
  }
}
