/** Keeps an informer for every resource that can be collected, also for those that come and go with their definitions. */
import type { Client } from '../../client/client.js'
import type { ServedResource } from '../../client/in-process.js'
import type { Informer } from '../../client/informer.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import type { Clock, Timer } from '../../machinery/clock.js'
import type { KindRef } from '../../machinery/kind.js'
import type { Logger } from '../../telemetry/logger.js'
import { knownResources, preferredResources } from '../runtime/served-resources.js'

export interface FollowDeps {
  client: Client
  informers: InformerFactory
  clock: Clock
  log: Logger
  added(informer: Informer): void
  removed(kind: KindRef): void
}

/** Events come and go in great numbers and own nothing. */
const ignored = new Set(['events.', 'events.events.k8s.io'])
/** A definition is served shortly after it is established. */
const resyncDelayMs = 1_000
const retryMs = 5_000

const idOf = ({ group, names }: KindRef) => `${names.plural}.${group}`
const isDefinition = (kind: KindRef) =>
  ['customresourcedefinitions.apiextensions.k8s.io', 'apiservices.apiregistration.k8s.io'].includes(idOf(kind))

export class FollowedResources {
  private readonly followed = new Map<string, { resource: ServedResource; unfollow(): void }>()
  private timer: Timer | undefined
  private stopped = false

  constructor(private readonly deps: FollowDeps) {}

  /** Follows what is served now. A failure is tried again, and what is followed already stays so. */
  async sync(): Promise<void> {
    try {
      const { served, failure } = await knownResources(this.deps.client)
      if (this.stopped) return
      const unknown = new Set(failure?.failed.map(({ group, version }) => `${group}/${version}`))
      this.apply(preferredResources(served, ['delete', 'list', 'watch']), unknown)
      if (failure) throw failure
    } catch (error) {
      this.deps.log.warn({ err: String(error) }, 'Could not discover resources; will try again')
      this.syncAfter(retryMs)
    }
  }

  stop(): void {
    this.stopped = true
    this.timer?.cancel()
    for (const { unfollow } of this.followed.values()) unfollow()
  }

  /** `unknown`: groups and versions that could not be asked; what is followed of these stays so. */
  private apply(resources: readonly ServedResource[], unknown: ReadonlySet<string>): void {
    const wanted = new Map(
      resources.map(r => [idOf(r), r]).filter((e): e is [string, ServedResource] => !ignored.has(String(e[0]))),
    )
    for (const [id, { resource, unfollow }] of this.followed) {
      if (wanted.has(id) || unknown.has(`${resource.group}/${resource.version}`)) continue
      unfollow()
      this.followed.delete(id)
      this.deps.removed(resource)
      this.deps.informers.drop(resource)
    }
    for (const [id, resource] of wanted) if (!this.followed.has(id)) this.follow(id, resource)
  }

  private follow(id: string, resource: ServedResource): void {
    const informer = this.deps.informers.informer(resource) as unknown as Informer
    const again = () => this.syncAfter(resyncDelayMs)
    const unfollow = isDefinition(resource)
      ? informer.addHandler({ add: again, update: again, delete: again })
      : () => {}
    this.followed.set(id, { resource, unfollow })
    this.deps.added(informer)
  }

  private syncAfter(ms: number): void {
    if (this.stopped) return
    this.timer?.cancel()
    this.timer = this.deps.clock.after(ms, () => void this.sync())
  }
}
