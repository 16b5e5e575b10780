/** Objects as the scheduler takes them to be by its own last decision, until the server says something newer. */
import type { KubernetesObject } from '../../machinery/object-meta.js'

const keyOf = ({ metadata }: KubernetesObject): string => `${metadata.namespace ?? ''}/${metadata.name}`

export class Assumptions<T extends KubernetesObject> {
  private readonly assumed = new Map<string, T>()

  /** `object` is a changed copy of what the server has: its resourceVersion says of which state. */
  assume(object: T): void {
    this.assumed.set(keyOf(object), object)
  }

  forget(object: T): void {
    this.assumed.delete(keyOf(object))
  }

  /** What is assumed of the object; itself where nothing is, or where it is newer. */
  latest<O extends T | undefined>(object: O): T | O {
    if (!object || !this.assumed.size) return object
    const assumed = this.assumed.get(keyOf(object))
    if (!assumed) return object
    if (assumed.metadata.resourceVersion === object.metadata.resourceVersion) return assumed
    this.assumed.delete(keyOf(object))
    return object
  }
}
