/** Volumes and what belongs to them, read from informers, with what was decided about them a moment ago. */
import { persistentVolume, persistentVolumeClaim, pod as podKind } from '../../apis/core-v1/index.js'
import { classOfVolume } from '../../apis/core-v1/volume-matching.js'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../../apis/generated/core-v1.js'
import { csiDriver, csiNode, csiStorageCapacity, storageClass, volumeAttachment } from '../../apis/storage-v1/index.js'
import type { Client } from '../../client/client.js'
import type { Informer } from '../../client/informer.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import type { Clock } from '../../machinery/clock.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject, ObjectKey } from '../../machinery/object-meta.js'
import { followChanges } from '../follow-changes.js'
import type { Reservation, VolumeChange, VolumePlan, Volumes } from '../framework.js'
import { Assumptions } from './assumptions.js'
import { type ReservableVolumes, VolumeReservation } from './reservation.js'

export interface ClusterVolumesDeps {
  informers: InformerFactory
  client: Client
  clock: Clock
  /** Hears of every change of a claim, a volume, a class and the like. */
  onChange(change: VolumeChange): void
}

const byClass = 'class'
const byNode = 'node'

export class ClusterVolumes implements Volumes, ReservableVolumes {
  readonly assumedVolumes = new Assumptions<PersistentVolume>()
  readonly assumedClaims = new Assumptions<PersistentVolumeClaim>()
  private readonly informers
  /** Called whenever a claim or a volume changes. */
  private readonly listeners = new Set<() => void>()
  private readonly removals: (() => void)[] = []

  constructor(private readonly deps: ClusterVolumesDeps) {
    const follow = <T extends KubernetesObject>(kind: KindRef<T>) => this.follow(kind)
    this.informers = {
      pods: deps.informers.informer(podKind),
      claims: follow<PersistentVolumeClaim>(persistentVolumeClaim),
      volumes: follow<PersistentVolume>(persistentVolume),
      classes: follow(storageClass),
      nodes: follow(csiNode),
      drivers: follow(csiDriver),
      capacities: follow(csiStorageCapacity),
      attachments: follow(volumeAttachment),
    }
    this.informers.volumes.addIndex(byClass, volume => [classOfVolume(volume)])
    this.informers.attachments.addIndex(byNode, ({ spec }) => [spec.nodeName])
  }

  claim = (namespace: string, name: string) => this.assumedClaims.latest(this.informers.claims.get({ namespace, name }))
  volume = (name: string) => this.assumedVolumes.latest(this.informers.volumes.get({ name }))
  ofClass = (name: string) =>
    this.informers.volumes.byIndex(byClass, name).map(volume => this.assumedVolumes.latest(volume))
  storageClass = (name: string) => this.informers.classes.get({ name })
  csiNode = (name: string) => this.informers.nodes.get({ name })
  csiDriver = (name: string) => this.informers.drivers.get({ name })
  capacities = () => this.informers.capacities.list()
  attachments = (node: string) => this.informers.attachments.byIndex(byNode, node)

  readonly stored = {
    claim: (key: ObjectKey) => this.informers.claims.get(key),
    volume: (name: string) => this.informers.volumes.get({ name }),
    pod: (key: ObjectKey) => this.informers.pods.get(key),
  }

  reserve(plan: VolumePlan, about: { pod: Pod; node: Node; timeoutMs: number }): Reservation {
    const { client, clock } = this.deps
    return new VolumeReservation({ plan, ...about }, { client, clock, volumes: this })
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  stop(): void {
    for (const remove of this.removals) remove()
  }

  private follow<T extends KubernetesObject>(kind: KindRef<T>): Informer<T> {
    const informer = this.deps.informers.informer(kind)
    this.removals.push(
      followChanges(informer, kind, change => {
        for (const listener of [...this.listeners]) listener()
        this.deps.onChange(change)
      }),
    )
    return informer
  }
}
