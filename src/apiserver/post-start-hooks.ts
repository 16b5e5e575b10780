/** What a server does once it listens, step by step: readiness waits for each, under upstream's names. */

interface Outcome {
  done: boolean
  error?: string
}

export class PostStartHooks {
  readonly #outcomes = new Map<string, Outcome>()

  /** Hands `work` back. */
  run<T>(name: string, work: Promise<T>): Promise<T> {
    const outcome: Outcome = { done: false }
    this.#outcomes.set(name, outcome)
    work.then(
      () => {
        outcome.done = true
      },
      error => {
        outcome.error = `hook failed: ${error instanceof Error ? error.message : String(error)}`
      },
    )
    return work
  }

  /** Says why the hook is not done, if it is not. Undefined for one that was not begun. */
  check(name: string): (() => string | undefined) | undefined {
    const outcome = this.#outcomes.get(name)
    return outcome && (() => (outcome.done ? undefined : (outcome.error ?? 'not finished')))
  }
}
