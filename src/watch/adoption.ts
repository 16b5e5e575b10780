/** Hands the object a writer has just serialized to the cache that is about to hold it, which saves parsing it again. */
import type { AnyObject } from '../machinery/object-meta.js'

/** Offers that nobody took, because their write failed or the engine gives other bytes back, are forgotten beyond this many. */
const maxOffers = 4096

/** By identity of the stored bytes: an engine that stores elsewhere gives other bytes back, and then the cache parses. */
export class Adoption {
  // Held weakly, each would be one more thing that every collection of garbage looks at.
  readonly #objects = new Map<Uint8Array, AnyObject>()

  /** The writer gives the object away: nobody may change it from here. */
  offer(bytes: Uint8Array, object: AnyObject): void {
    if (this.#objects.size >= maxOffers) this.#objects.clear()
    this.#objects.set(bytes, object)
  }

  /** Once: later asks find nothing. */
  take(bytes: Uint8Array): AnyObject | undefined {
    const object = this.#objects.get(bytes)
    if (object) this.#objects.delete(bytes)
    return object
  }
}
