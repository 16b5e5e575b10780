/** How controllers, scheduler and kubelet talk to the API: the same over an in-process call or HTTPS. */
import type { KindRef } from '../machinery/kind.js'
import type { KubernetesObject, ObjectKey, ObjectList } from '../machinery/object-meta.js'
import type { DeleteOptions, ListOptions, PatchType, WatchEvent, WriteOptions } from '../machinery/request.js'
import type { JsonSchema } from '../machinery/structural/json-schema.js'

export interface Patch {
  type: PatchType
  body: unknown
}

/** What a read may ask for beyond the object itself. */
export interface GetOptions {
  /** Such as `scale`. */
  subresource?: string
  /** Parameters of servers that take others than this one; they count over HTTP alone. */
  query?: Readonly<Record<string, string>>
}

/** Rejects with a StatusError. Objects returned are shared and frozen by contract: copy before changing. */
export interface Client {
  get<T extends KubernetesObject>(kind: KindRef<T>, key: ObjectKey, options?: GetOptions): Promise<T>
  list<T extends KubernetesObject>(
    kind: KindRef<T>,
    options?: ListOptions & { namespace?: string },
  ): Promise<ObjectList<T>>
  watch<T extends KubernetesObject>(
    kind: KindRef<T>,
    options: ListOptions & { namespace?: string },
    signal: AbortSignal,
  ): Promise<AsyncIterable<WatchEvent<T>>>
  create<T extends KubernetesObject>(kind: KindRef<T>, object: T, options?: WriteOptions): Promise<T>
  /** Creates through a subresource (`binding`, `eviction`, `token`); answers what the server answers. */
  createSubresource<R = unknown>(kind: KindRef, key: ObjectKey, subresource: string, body: unknown): Promise<R>
  update<T extends KubernetesObject>(kind: KindRef<T>, object: T, options?: WriteOptions): Promise<T>
  updateStatus<T extends KubernetesObject>(kind: KindRef<T>, object: T): Promise<T>
  /** PUTs the object to one of its subresources, such as a namespace's `finalize`. */
  updateSubresource<T extends KubernetesObject>(kind: KindRef<T>, object: T, subresource: string): Promise<T>
  patch<T extends KubernetesObject>(
    kind: KindRef<T>,
    key: ObjectKey,
    patch: Patch,
    options?: WriteOptions & { subresource?: string },
  ): Promise<T>
  delete(kind: KindRef, key: ObjectKey, options?: DeleteOptions): Promise<void>
  deleteCollection(kind: KindRef, options?: ListOptions & DeleteOptions & { namespace?: string }): Promise<void>
  /** Every resource the server serves now, with its verbs; for controllers that follow all kinds. */
  resources(): Promise<readonly (KindRef & { verbs: readonly string[] })[]>
  /** The schema of a custom resource, references filled in; what it says of metadata does not count. Undefined when there is none. */
  customSchema(kind: Pick<KindRef, 'group' | 'version' | 'kind'>): Promise<JsonSchema | undefined>
}
