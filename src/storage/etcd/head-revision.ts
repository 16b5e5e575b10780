/** Asks etcd for its newest revision: one question serves all who came before it was asked. */

export class HeadRevision {
  readonly #ask: () => Promise<number>
  #running: Promise<number> | undefined
  #next: Promise<number> | undefined

  constructor(ask: () => Promise<number>) {
    this.#ask = ask
  }

  /** What was the newest at some time after the call. */
  read(): Promise<number> {
    if (!this.#running) return this.#begin()
    // One that is under way may have been answered before this caller came.
    this.#next ??= this.#running.then(
      () => this.#begin(),
      () => this.#begin(),
    )
    return this.#next
  }

  #begin(): Promise<number> {
    this.#next = undefined
    const running = this.#ask()
    this.#running = running
    const end = () => {
      if (this.#running === running) this.#running = undefined
    }
    running.then(end, end)
    return running
  }
}
