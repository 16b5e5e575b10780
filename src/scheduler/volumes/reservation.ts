/**
 * Volumes kept for a pod that has got its node: assumed to be taken at once, then bound through the API, which the binding
 * controller finishes; taken back when that fails. Upstream's AssumePodVolumes, BindPodVolumes and RevertAssumedPodVolumes.
 */
import { persistentVolumeClaim as claimKind, persistentVolume as volumeKind } from '../../apis/core-v1/index.js'
import { isBoundTo, volumeAnnotations, volumeBoundTo } from '../../apis/core-v1/volume-matching.js'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import type { Clock } from '../../machinery/clock.js'
import type { ObjectKey } from '../../machinery/object-meta.js'
import type { Reservation, VolumePlan } from '../framework.js'
import type { Assumptions } from './assumptions.js'
import { reaches } from './plan-volumes.js'
import { isBound } from './pod-claims.js'

/** The volumes there are, and what is assumed about them. */
export interface ReservableVolumes {
  readonly assumedVolumes: Assumptions<PersistentVolume>
  readonly assumedClaims: Assumptions<PersistentVolumeClaim>
  /** As the server has them, whatever is assumed. */
  readonly stored: {
    claim(key: ObjectKey): PersistentVolumeClaim | undefined
    volume(name: string): PersistentVolume | undefined
    pod(key: ObjectKey): Pod | undefined
  }
  /** Calls back at every change; returns what ends it. */
  listen(listener: () => void): () => void
}

export interface ReservationDeps {
  client: Client
  clock: Clock
  volumes: ReservableVolumes
}

/** Changes wake it sooner. */
const pollMs = 1000
const { selectedNode } = volumeAnnotations
const quote = (text: string | undefined) => JSON.stringify(text ?? '')

export class VolumeReservation implements Reservation {
  private readonly bindings: { claim: PersistentVolumeClaim; volume: PersistentVolume }[]
  private readonly provisions: PersistentVolumeClaim[]

  constructor(
    private readonly about: { plan: VolumePlan; pod: Pod; node: Node; timeoutMs: number },
    private readonly deps: ReservationDeps,
  ) {
    const { plan, node } = about
    this.bindings = plan.bindings.map(({ claim, volume }) => {
      const bound = volumeBoundTo(volume, claim, !isBoundTo(volume, claim))
      if (bound) deps.volumes.assumedVolumes.assume(bound)
      return { claim, volume: bound ?? volume }
    })
    this.provisions = plan.provisions.map(claim => {
      const annotations = { ...claim.metadata.annotations, [selectedNode]: node.metadata.name ?? '' }
      const asked = { ...claim, metadata: { ...claim.metadata, annotations } }
      deps.volumes.assumedClaims.assume(asked)
      return asked
    })
  }

  /** Rejects when it cannot be done, was undone meanwhile, or takes too long. */
  async preBind(): Promise<void> {
    if (!this.bindings.length && !this.provisions.length) return
    const { client } = this.deps
    for (const binding of this.bindings) binding.volume = await client.update(volumeKind, binding.volume)
    for (const [i, claim] of this.provisions.entries()) this.provisions[i] = await client.update(claimKind, claim)
    await this.untilBound().catch(error => {
      throw new Error(`binding volumes: ${(error as Error).message}`)
    })
  }

  unreserve(): void {
    const { assumedVolumes, assumedClaims } = this.deps.volumes
    for (const { volume } of this.bindings) assumedVolumes.forget(volume)
    for (const claim of this.provisions) assumedClaims.forget(claim)
  }

  private untilBound(): Promise<void> {
    const { clock, volumes } = this.deps
    const deadline = clock.monotonic() + this.about.timeoutMs
    return new Promise((resolve, reject) => {
      let timer = clock.after(pollMs, () => look())
      const end = (finish: () => void) => {
        timer.cancel()
        unlisten()
        finish()
      }
      const look = () => {
        try {
          if (this.allBound()) end(resolve)
          else if (clock.monotonic() >= deadline) throw new Error('context deadline exceeded')
          else {
            timer.cancel()
            timer = clock.after(pollMs, look)
          }
        } catch (error) {
          end(() => reject(error))
        }
      }
      const unlisten = volumes.listen(look)
      look()
    })
  }

  /** Throws when the pod must be tried anew. */
  private allBound(): boolean {
    const { pod } = this.about
    const { name = '', namespace } = pod.metadata
    if (!this.deps.volumes.stored.pod({ name, namespace }))
      throw new Error(`pod does not exist any more: pod ${quote(name)} not found`)
    return (
      this.bindings.every(each => this.isStaticBound(each)) && this.provisions.every(each => this.isProvisioned(each))
    )
  }

  private isStaticBound({ claim, volume }: { claim: PersistentVolumeClaim; volume: PersistentVolume }): boolean {
    const { stored } = this.deps.volumes
    const name = volume.metadata.name ?? ''
    const current = stored.volume(name)
    if (!current) throw new Error(`failed to check binding: could not find v1.PersistentVolume ${quote(name)}`)
    const currentClaim = this.storedClaim(claim, 'failed to check binding')
    if (isOlder(current, volume)) return false
    this.requireReach(current)
    if (!current.spec.claimRef?.uid) throw new Error(`ClaimRef got reset for pv ${quote(name)}`)
    return isBound(currentClaim)
  }

  private isProvisioned(claim: PersistentVolumeClaim): boolean {
    const current = this.storedClaim(claim, 'failed to check provisioning pvc')
    if (isOlder(current, claim)) return false
    const chosen = current.metadata.annotations?.[selectedNode]
    // A provisioner that fails takes the annotation away: another node may do better.
    if (chosen !== this.about.node.metadata.name)
      throw new Error(`provisioning failed for PVC ${quote(current.metadata.name)}`)
    const { volumeName } = current.spec
    if (volumeName) {
      const volume = this.deps.volumes.stored.volume(volumeName)
      if (!volume) return false
      this.requireReach(volume)
    }
    return isBound(current)
  }

  private storedClaim({ metadata }: PersistentVolumeClaim, doing: string): PersistentVolumeClaim {
    const claim = this.deps.volumes.stored.claim(metadata as ObjectKey)
    if (claim) return claim
    throw new Error(`${doing}: could not find v1.PersistentVolumeClaim "${metadata.namespace}/${metadata.name}"`)
  }

  private requireReach(volume: PersistentVolume): void {
    const { node } = this.about
    if (reaches(volume, node)) return
    const [name, of] = [quote(volume.metadata.name), quote(node.metadata.name)]
    throw new Error(`pv ${name} node affinity doesn't match node ${of}: no matching NodeSelectorTerms`)
  }
}

/** The cache has yet to see what was written. */
const isOlder = (cached: PersistentVolume | PersistentVolumeClaim, written: PersistentVolume | PersistentVolumeClaim) =>
  BigInt(cached.metadata.resourceVersion || 0) < BigInt(written.metadata.resourceVersion || 0)
