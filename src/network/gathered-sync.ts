/** Acts upon changes that come together once, and one time after the other. */
import type { Clock, Timer } from '../machinery/clock.js'

const gatherMs = 5

export class GatheredSync {
  #timer: Timer | undefined
  #running: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(
    private readonly clock: Clock,
    private readonly act: () => Promise<void>,
  ) {}

  /** Something changed. */
  readonly schedule = (): void => {
    if (this.#stopped) return
    this.#timer ??= this.clock.after(gatherMs, () => {
      this.#running = this.#running.then(async () => {
        this.#timer = undefined
        if (!this.#stopped) await this.act()
      })
    })
  }

  /** Resolves when it does nothing any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#running
  }
}
