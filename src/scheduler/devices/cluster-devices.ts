/** Claims, devices and classes, read from informers, with what was decided about claims a moment ago. */
import type { Pod } from '../../apis/generated/core-v1.js'
import type { AllocationResult, DeviceClass, ResourceClaim, ResourceSlice } from '../../apis/generated/resource-v1.js'
import { deviceClass, resourceClaim, resourceSlice } from '../../apis/resource-v1/index.js'
import type { Client } from '../../client/client.js'
import type { Informer } from '../../client/informer.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { loadPatternEngine } from '../../machinery/structural/pattern.js'
import { followChanges } from '../follow-changes.js'
import type { Devices, Reservation, VolumeChange } from '../framework.js'
import { ClaimReservation } from './claim-reservation.js'
import { deviceId } from './pools.js'

export interface ClusterDevicesDeps {
  informers: InformerFactory
  client: Client
  /** Hears of every change of a claim, a slice or a class. */
  onChange(change: VolumeChange): void
}

const revision = ({ metadata }: KubernetesObject) => BigInt(metadata.resourceVersion || 0)

export class ClusterDevices implements Devices {
  private readonly claims: Informer<ResourceClaim>
  private readonly allSlices: Informer<ResourceSlice>
  private readonly classes: Informer<DeviceClass>
  /** Decided, not written yet; by uid of the claim. */
  private readonly pending = new Map<string, AllocationResult>()
  /** Written, but not in the cache yet; by uid. */
  private readonly written = new Map<string, ResourceClaim>()
  private readonly removals: (() => void)[] = []
  private engine: 'wanted' | 'loading' | 'loaded' = 'wanted'

  constructor(private readonly deps: ClusterDevicesDeps) {
    this.claims = this.follow<ResourceClaim>(resourceClaim)
    this.allSlices = this.follow<ResourceSlice>(resourceSlice)
    this.classes = this.follow<DeviceClass>(deviceClass)
  }

  get isReady(): boolean {
    return this.engine === 'loaded'
  }

  claim(namespace: string, name: string): ResourceClaim | undefined {
    const known = this.claims.get({ namespace, name })
    return known && this.latest(known)
  }

  slices = () => this.allSlices.list()
  deviceClass = (name: string) => this.classes.get({ name })
  isPending = (claim: ResourceClaim) => this.pending.has(claim.metadata.uid ?? '')

  /** What administrators look at is not taken. */
  taken(): Set<string> {
    const taken = new Set<string>()
    const add = (allocation: AllocationResult | undefined) => {
      for (const { driver, pool, device, adminAccess } of allocation?.devices?.results ?? [])
        if (!adminAccess) taken.add(deviceId(driver, pool, device))
    }
    for (const claim of this.claims.list()) add(this.latest(claim).status?.allocation)
    for (const allocation of this.pending.values()) add(allocation)
    return taken
  }

  reserve(pod: Pod, claims: readonly { claim: ResourceClaim; allocation?: AllocationResult }[]): Reservation {
    for (const { claim, allocation } of claims) if (allocation) this.pending.set(claim.metadata.uid ?? '', allocation)
    return new ClaimReservation(pod, claims, {
      client: this.deps.client,
      settled: ({ metadata }, claim) => {
        if (claim) this.written.set(metadata.uid ?? '', claim)
        this.pending.delete(metadata.uid ?? '')
      },
    })
  }

  stop(): void {
    for (const remove of this.removals) remove()
  }

  private latest(claim: ResourceClaim): ResourceClaim {
    const written = this.written.get(claim.metadata.uid ?? '')
    return written && revision(written) > revision(claim) ? written : claim
  }

  private follow<T extends KubernetesObject>(kind: KindRef<T>): Informer<T> {
    const informer = this.deps.informers.informer(kind)
    this.removals.push(
      followChanges(informer, kind, event => {
        const { change, object } = event
        const written = this.written.get(object.metadata.uid ?? '')
        if (written && (change === 'Delete' || revision(object) >= revision(written)))
          this.written.delete(object.metadata.uid ?? '')
        this.prepare(event)
        this.deps.onChange(event)
      }),
    )
    return informer
  }

  /** Where devices are never spoken of, what reads their selectors is never loaded. */
  private prepare(event: VolumeChange): void {
    if (this.engine !== 'wanted') return
    this.engine = 'loading'
    void loadPatternEngine().then(() => {
      this.engine = 'loaded'
      this.deps.onChange(event)
    })
  }
}
