/** A map for what is kept by names that callers make up: what is about nothing that exists any more goes, now and then. */

/** Entries from which on it is worth looking. */
const smallest = 128

/** Looks through all entries each time that there are twice as many as the last look has left: that costs little for each. */
export class SweepingMap<K, V> extends Map<K, V> {
  readonly #keep: (value: V) => V | undefined
  #sweepAt = smallest

  /** `keep`: the value, or what is left of it; undefined: nothing. */
  constructor(keep: (value: V) => V | undefined) {
    super()
    this.#keep = keep
  }

  override set(key: K, value: V): this {
    super.set(key, value)
    if (this.size >= this.#sweepAt) this.#sweep(key)
    return this
  }

  /** What has just been set is about to be used. */
  #sweep(newest: K): void {
    for (const [key, value] of this) {
      if (key === newest) continue
      const kept = this.#keep(value)
      if (kept === undefined) this.delete(key)
      else if (kept !== value) super.set(key, kept)
    }
    this.#sweepAt = Math.max(smallest, 2 * this.size)
  }
}
