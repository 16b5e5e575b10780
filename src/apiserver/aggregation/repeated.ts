/** A task that runs when told to, and again and again: after its period when all went well, sooner when not. */
import type { Clock, Timer } from '../../machinery/clock.js'

export interface RepeatedOptions {
  clock: Clock
  /** Milliseconds. */
  period: number
  /** Milliseconds to the first try after a failure; each further one waits twice as long, at most the period. */
  retry?: number
}

export class Repeated {
  #running = false
  #again = false
  #stopped = false
  #failures = 0
  #timer: Timer | undefined

  /** `task` resolves with whether all went well, and never rejects. */
  constructor(
    private readonly task: () => Promise<boolean>,
    private readonly options: RepeatedOptions,
  ) {}

  /** Runs the task now; once more after it where it is running already. */
  trigger(): void {
    if (this.#stopped) return
    if (this.#running) {
      this.#again = true
      return
    }
    this.#timer?.cancel()
    this.#running = true
    void this.task().then(ok => this.#ended(ok))
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  #ended(ok: boolean): void {
    this.#running = false
    this.#failures = ok ? 0 : this.#failures + 1
    if (this.#stopped) return
    if (this.#again) {
      this.#again = false
      this.trigger()
      return
    }
    this.#timer = this.options.clock.after(this.#wait(), () => this.trigger())
  }

  #wait(): number {
    const { period, retry = period } = this.options
    return this.#failures ? Math.min(period, retry * 2 ** Math.min(30, this.#failures - 1)) : period
  }
}
