/** A server in memory that knows just what the scheduler asks of one: lists, watches, bindings, status, deletion. For tests. */
import type { Node, Pod } from '../apis/generated/core-v1.js'
import type { Client, Patch } from '../client/client.js'
import type { KindRef } from '../machinery/kind.js'
import type { KubernetesObject, ObjectKey } from '../machinery/object-meta.js'
import type { WatchEvent } from '../machinery/request.js'
import { conflict, notFound } from '../machinery/status-error.js'

type Watcher = (event: WatchEvent) => void

const keyOf = ({ namespace, name }: ObjectKey) => `${namespace ?? ''}/${name}`

export class FakeApi {
  /** Messages of events by pod, oldest first. */
  readonly events: { name: string; reason: string; message: string }[] = []
  /** Called before a binding is stored; may throw. */
  onBind: (pod: string, node: string) => void = () => {}
  private readonly objects = new Map<string, Map<string, KubernetesObject>>()
  private readonly watchers = new Map<string, Set<Watcher>>()
  private revision = 0

  readonly client = {
    list: async (kind: KindRef) => ({
      apiVersion: 'v1',
      kind: `${kind.kind}List`,
      metadata: { resourceVersion: String(this.revision) },
      items: [...this.of(kind.names.plural).values()],
    }),
    watch: async (kind: KindRef, _: object, signal: AbortSignal) => this.watch(kind.names.plural, signal),
    create: async (_: KindRef, object: KubernetesObject) => {
      const { involvedObject, reason, message } = object as unknown as Record<string, { name: string } & string>
      this.events.push({ name: involvedObject?.name ?? '', reason: reason ?? '', message: message ?? '' })
      return object
    },
    createSubresource: async (kind: KindRef, key: ObjectKey, _: string, body: { target: { name: string } }) => {
      this.onBind(key.name, body.target.name)
      const pod = this.get<Pod>('pods', key)
      if (!pod) throw notFound(kind, key.name)
      if (pod.spec.nodeName) throw conflict(kind, key.name, 'pod is already assigned')
      this.addPod({ ...pod, spec: { ...pod.spec, nodeName: body.target.name } })
    },
    patch: async (kind: KindRef, key: ObjectKey, { body }: Patch) => {
      const object = this.get<Pod>('pods', key)
      if (!object) throw notFound(kind, key.name)
      const { status } = body as { status: NonNullable<Pod['status']> }
      const nominatedNodeName = status.nominatedNodeName ?? undefined
      this.addPod({ ...object, status: { ...object.status, ...status, nominatedNodeName } })
    },
    delete: async (kind: KindRef, key: ObjectKey) => this.remove(kind.names.plural, key),
  } as unknown as Client

  addNode = (node: Node): void => this.set('nodes', node)
  addPod = (pod: Pod): void => this.set('pods', pod)
  pod = (name: string): Pod | undefined => this.get<Pod>('pods', { name, namespace: 'default' })

  set(plural: string, object: KubernetesObject): void {
    const { name = '', namespace } = object.metadata
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.revision) } }
    const known = this.of(plural).has(keyOf({ name, namespace }))
    this.of(plural).set(keyOf({ name, namespace }), stored)
    this.tell(plural, { type: known ? 'MODIFIED' : 'ADDED', object: stored as never })
  }

  remove(plural: string, key: ObjectKey): void {
    const object = this.get(plural, key)
    if (!object) return
    this.of(plural).delete(keyOf(key))
    const metadata = { ...object.metadata, resourceVersion: String(++this.revision) }
    this.tell(plural, { type: 'DELETED', object: { ...object, metadata } as never })
  }

  private get = <T extends KubernetesObject>(plural: string, key: ObjectKey): T | undefined =>
    this.of(plural).get(keyOf(key)) as T | undefined

  private of(plural: string): Map<string, KubernetesObject> {
    const objects = this.objects.get(plural) ?? new Map<string, KubernetesObject>()
    this.objects.set(plural, objects)
    return objects
  }

  private tell(plural: string, event: WatchEvent): void {
    for (const watcher of this.watchers.get(plural) ?? []) watcher(event)
  }

  private async *watch(plural: string, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const pending: WatchEvent[] = []
    let wake = () => {}
    const watcher: Watcher = event => {
      pending.push(event)
      wake()
    }
    const watchers = this.watchers.get(plural) ?? new Set()
    this.watchers.set(plural, watchers.add(watcher))
    signal.addEventListener('abort', () => wake())
    while (!signal.aborted) {
      for (const event of pending.splice(0)) yield event
      if (!pending.length && !signal.aborted) await new Promise<void>(resolve => (wake = resolve))
    }
    watchers.delete(watcher)
  }
}
