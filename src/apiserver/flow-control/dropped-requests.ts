/** How long a client that was turned away should wait: longer while a priority level keeps turning many away. */

const maxRetryAfter = 32

/** Of one priority level. Times are whole seconds. */
class DroppedRequests {
  #history: { second: number; requests: number }[] = []
  #second = 0
  #count = 0
  #updated = 0
  retryAfter = 1

  record(second: number): void {
    if (this.#second === second) {
      this.#count++
      return
    }
    this.#remember()
    this.#second = second
    this.#count = 1
    this.#adjust(second)
  }

  #remember(): void {
    this.#history.push({ second: this.#second, requests: this.#count })
    const kept = Math.min(2 * this.retryAfter, maxRetryAfter)
    this.#history = this.#history.filter(({ second }) => this.#second - second <= kept)
  }

  /** Doubled when three requests a second were dropped for as long as it was; lowered step by step when it calms down. */
  #adjust(second: number): void {
    const { retryAfter } = this
    let dropped = 0
    for (const past of this.#history)
      if (second - past.second <= retryAfter && past.second < second) dropped += past.requests
    if (second - this.#updated >= retryAfter && dropped >= 3 * retryAfter) {
      this.retryAfter = Math.min(2 * retryAfter, maxRetryAfter)
      this.#updated = second
    } else if (dropped < retryAfter && retryAfter > 1) this.retryAfter--
  }
}

/** By the name of the priority level. */
export class DroppedRequestsTracker {
  readonly #levels = new Map<string, DroppedRequests>()

  /** Notes one and returns the seconds after which to come back. */
  record(level: string, second: number): number {
    let dropped = this.#levels.get(level)
    if (!dropped) this.#levels.set(level, (dropped = new DroppedRequests()))
    dropped.record(second)
    return dropped.retryAfter
  }
}
