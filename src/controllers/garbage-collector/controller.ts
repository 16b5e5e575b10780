/**
 * Garbage collector: deletes objects whose owners are all gone, holds back owners deleted in the foreground until their
 * dependents went, and frees the dependents of owners deleted with orphaning.
 */

import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import type { Client } from '../../client/client.js'
import { type EventRecorder, newEventRecorder } from '../../client/event-recorder.js'
import type { Informer } from '../../client/informer.js'
import { Lru } from '../../client/lru.js'
import { newWorkqueue, type Workqueue } from '../../client/workqueue.js'
import type { KubernetesObject, OwnerReference } from '../../machinery/object-meta.js'
import type { Controller, ControllerDeps, RunningController } from '../runtime/controller.js'
import { absentKey } from './classify.js'
import { type CollectDeps, collect, orphanDependents } from './collect.js'
import { FollowedResources } from './followed-resources.js'
import { awaitsDependents, type Node, OwnerGraph, orphansDependents } from './owner-graph.js'

const workers = 20
const absentCacheSize = 500
const syncTimeoutMs = 30_000

export const garbageCollector: Controller = {
  name: 'garbagecollector',
  start: deps => new GarbageCollector(deps).start(),
}

class GarbageCollector implements RunningController {
  private readonly graph = new OwnerGraph()
  private readonly absent = new Lru<true>(absentCacheSize)
  private readonly removals = new Map<string, () => void>()
  private readonly deletions: Workqueue
  private readonly orphanings: Workqueue
  private readonly client: Client
  private readonly recorder: EventRecorder
  private readonly resources: FollowedResources
  private running: Promise<unknown> = Promise.resolve()
  private stopped = false

  constructor(private readonly deps: ControllerDeps) {
    const { clock, random, metrics, informers } = deps
    const log = deps.log.child({ controller: 'garbagecollector' })
    const component = 'garbage-collector-controller'
    this.deletions = newWorkqueue({ clock, metrics, name: 'garbage_collector_attempt_to_delete' })
    this.orphanings = newWorkqueue({ clock, metrics, name: 'garbage_collector_attempt_to_orphan' })
    this.client = deps.clientFor('generic-garbage-collector')
    this.recorder = newEventRecorder({ client: this.client, clock, random, log, component })
    this.resources = new FollowedResources({
      client: this.client,
      informers,
      clock,
      log,
      added: informer => this.follow(informer),
      removed: kind => {
        this.graph.remove(kind)
        this.removals.get(`${kind.group}|${kind.names.plural}`)?.()
      },
    })
  }

  start(): RunningController {
    this.running = this.run()
    return this
  }

  async stop(): Promise<void> {
    this.stopped = true
    this.resources.stop()
    for (const remove of this.removals.values()) remove()
    this.deletions.shutDown()
    this.orphanings.shutDown()
    await this.running
    await this.recorder.flush()
  }

  private async run(): Promise<void> {
    await this.resources.sync()
    await this.informersSynced()
    const { log } = this.deps
    const deps: CollectDeps = {
      graph: this.graph,
      client: this.client,
      absent: this.absent,
      log,
      enqueue: uid => this.deletions.add(uid),
    }
    const orphan = (node: Node) => orphanDependents(node, this.graph, this.client)
    await Promise.all([
      ...Array.from({ length: workers }, () => this.work(this.deletions, node => collect(node, deps))),
      ...Array.from({ length: workers }, () => this.work(this.orphanings, orphan)),
    ])
  }

  /** Before that much would look like missing its owner. A kind that cannot be listed must not hold up the rest. */
  private informersSynced(): Promise<void> {
    return new Promise(resolve => {
      const timer = this.deps.clock.after(syncTimeoutMs, resolve)
      const settle = () => {
        timer.cancel()
        resolve()
      }
      this.removals.set('synced', settle)
      void this.deps.informers.synced().then(settle)
    })
  }

  private async work(queue: Workqueue, act: (node: Node) => Promise<void>): Promise<void> {
    for (let uid = await queue.next(); uid !== undefined && !this.stopped; uid = await queue.next()) {
      const node = this.graph.find(uid)
      try {
        if (node) await act(node)
        queue.forget(uid)
      } catch (error) {
        const { kind, object } = node as Node
        const fields = { kind: kind.kind, name: object.metadata.name, err: String(error) }
        this.deps.log.debug(fields, 'Could not collect; will try again')
        queue.addRateLimited(uid)
      }
      queue.done(uid)
    }
  }

  private follow(informer: Informer): void {
    this.graph.add(informer)
    const remove = informer.addHandler({
      add: object => {
        this.checkOwners(object)
        this.noticeDeletion(object, undefined)
      },
      update: (object, old) => {
        this.ownersChanged(object, old)
        this.noticeDeletion(object, old)
      },
      delete: object => this.removed(informer, object),
    })
    this.removals.set(`${informer.kind.group}|${informer.kind.names.plural}`, remove)
  }

  /** An owner that the cache does not show may be gone: let the server be asked. */
  private checkOwners(object: KubernetesObject): void {
    const references = object.metadata.ownerReferences ?? []
    const missing = references.filter(r => !this.graph.cachedOwner(r, object))
    if (missing.length === 0) return
    for (const reference of missing) this.reportMisplaced(reference, object)
    this.deletions.add(object.metadata.uid ?? '')
  }

  /** The owner exists, but where this object cannot refer to it. */
  private reportMisplaced(reference: OwnerReference, object: KubernetesObject): void {
    const owner = this.graph.find(reference.uid)
    if (!owner) return
    const { apiVersion, kind, name, uid } = reference
    const text = `[${apiVersion}/${kind}, namespace: ${object.metadata.namespace ?? ''}, name: ${name}, uid: ${uid}]`
    this.recorder.event(
      object,
      'Warning',
      'OwnerRefInvalidNamespace',
      `ownerRef ${text} does not exist in namespace "${object.metadata.namespace ?? ''}"`,
    )
  }

  private ownersChanged(object: KubernetesObject, old: KubernetesObject): void {
    const [now = [], before = []] = [object.metadata.ownerReferences, old.metadata.ownerReferences]
    if (semanticEqual(now, before)) return
    for (const { uid, blockOwnerDeletion } of before) {
      const kept = now.find(r => r.uid === uid)
      if (!kept || (blockOwnerDeletion && !kept.blockOwnerDeletion)) this.wakeWaiting(uid)
    }
    this.checkOwners(object)
  }

  /** An owner that waits for its dependents may wait for one less. */
  private wakeWaiting(uid: string): void {
    const owner = this.graph.find(uid)
    if (owner && awaitsDependents(owner.object)) this.deletions.add(uid)
  }

  private noticeDeletion(object: KubernetesObject, old: KubernetesObject | undefined): void {
    const uid = object.metadata.uid ?? ''
    if (orphansDependents(object) && !(old && orphansDependents(old))) this.orphanings.add(uid)
    else if (awaitsDependents(object) && !(old && awaitsDependents(old))) {
      for (const dependent of this.graph.dependentsOf(uid)) this.deletions.add(dependent.object.metadata.uid ?? '')
      this.deletions.add(uid)
    }
  }

  private removed({ kind }: Informer, object: KubernetesObject): void {
    const { uid = '', name = '', namespace } = object.metadata
    const apiVersion = kind.group ? `${kind.group}/${kind.version}` : kind.version
    this.absent.set(absentKey({ apiVersion, kind: kind.kind, name, uid }, namespace), true)
    for (const dependent of this.graph.dependentsOf(uid)) this.deletions.add(dependent.object.metadata.uid ?? '')
    for (const reference of object.metadata.ownerReferences ?? []) this.wakeWaiting(reference.uid)
  }
}
