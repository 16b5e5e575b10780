/** The time that a pod's containers get to end; it can only become shorter. */

export class Grace {
  #seconds: number
  readonly #listeners = new Set<(seconds: number) => void>()

  constructor(seconds: number) {
    this.#seconds = seconds
  }

  get seconds(): number {
    return this.#seconds
  }

  /** A longer time changes nothing. */
  shorten(seconds: number): void {
    if (seconds >= this.#seconds) return
    this.#seconds = seconds
    for (const listener of this.#listeners) listener(seconds)
  }

  /** Calls back at each change, until the returned function is called. */
  onShortened(listener: (seconds: number) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
