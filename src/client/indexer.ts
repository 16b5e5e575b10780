/** A cache of one kind's objects by namespace and name, with secondary indexes kept as objects come and go. */
import type { KubernetesObject, ObjectKey } from '../machinery/object-meta.js'

/** Index values of an object, such as the uids of its owners. */
export type IndexFunction<T> = (object: T) => readonly string[]

/** Reads from a cache. Objects are shared: copy before changing. */
export interface Lister<T extends KubernetesObject> {
  get(key: ObjectKey): T | undefined
  /** All objects, or those of a namespace; in no particular order. */
  list(namespace?: string): T[]
  /** Objects for which the index function named so gave this value. Throws for an unknown index. */
  byIndex(index: string, value: string): T[]
}

/** Index on the uid of every owner reference. */
export const byOwnerUid = 'ownerUid'
/** Index on the uid of the object itself. */
export const byUid = 'uid'
const byNamespace = 'namespace'

/** `namespace/name`, or the name alone for cluster-scoped objects. */
export const keyOf = ({ metadata }: KubernetesObject): string =>
  metadata.namespace ? `${metadata.namespace}/${metadata.name}` : (metadata.name ?? '')

/** Inverse of keyOf. */
export function parseKey(key: string): ObjectKey {
  const slash = key.indexOf('/')
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

const formatKey = (key: ObjectKey) => (key.namespace ? `${key.namespace}/${key.name}` : key.name)

const sameValues = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i])

class Index<T extends KubernetesObject> {
  private readonly buckets = new Map<string, Map<string, T>>()
  constructor(readonly valuesOf: IndexFunction<T>) {}

  add = (key: string, object: T): void => this.put(key, object, this.valuesOf(object))
  remove = (key: string, object: T): void => this.take(key, this.valuesOf(object))

  /** Most changes of an object leave it where it is. */
  replace(key: string, object: T, old: T): void {
    const [values, before] = [this.valuesOf(object), this.valuesOf(old)]
    if (!sameValues(values, before)) this.take(key, before)
    this.put(key, object, values)
  }

  get = (value: string): T[] => [...(this.buckets.get(value)?.values() ?? [])]

  private put(key: string, object: T, values: readonly string[]): void {
    for (const value of values) {
      const bucket = this.buckets.get(value)
      if (bucket) bucket.set(key, object)
      else this.buckets.set(value, new Map([[key, object]]))
    }
  }

  private take(key: string, values: readonly string[]): void {
    for (const value of values) {
      const bucket = this.buckets.get(value)
      if (bucket?.delete(key) && bucket.size === 0) this.buckets.delete(value)
    }
  }
}

/** Indexes by namespace, owner uid and own uid are always there; `addIndex` brings more. */
export class Indexer<T extends KubernetesObject> implements Lister<T> {
  private readonly objects = new Map<string, T>()
  private readonly indexes = new Map<string, Index<T>>([
    [byNamespace, new Index<T>(o => (o.metadata.namespace ? [o.metadata.namespace] : []))],
    [byOwnerUid, new Index<T>(o => o.metadata.ownerReferences?.map(r => r.uid) ?? [])],
    [byUid, new Index<T>(o => (o.metadata.uid ? [o.metadata.uid] : []))],
  ])

  get size(): number {
    return this.objects.size
  }

  /** Adding a name that is there already changes nothing. */
  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    if (this.indexes.has(name)) return
    const index = new Index(valuesOf)
    for (const [key, object] of this.objects) index.add(key, object)
    this.indexes.set(name, index)
  }

  /** Stores the object and returns the one it replaces. */
  set(object: T): T | undefined {
    const key = keyOf(object)
    const old = this.objects.get(key)
    this.objects.set(key, object)
    for (const index of this.indexes.values())
      if (old) index.replace(key, object, old)
      else index.add(key, object)
    return old
  }

  /** Removes by key and returns what was there. */
  delete(key: string): T | undefined {
    const old = this.objects.get(key)
    if (!old) return undefined
    this.objects.delete(key)
    for (const index of this.indexes.values()) index.remove(key, old)
    return old
  }

  keys = (): IterableIterator<string> => this.objects.keys()
  get = (key: ObjectKey): T | undefined => this.objects.get(formatKey(key))
  list = (namespace?: string): T[] =>
    namespace === undefined ? [...this.objects.values()] : this.byIndex(byNamespace, namespace)

  byIndex(name: string, value: string): T[] {
    const index = this.indexes.get(name)
    if (!index) throw new Error(`no index named ${name}`)
    return index.get(value)
  }
}
