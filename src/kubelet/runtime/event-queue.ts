/** Turns pushed values into something to iterate over; ends with the signal. */

export interface EventQueue<T> extends AsyncIterable<T> {
  push(value: T): void
}

/** Values pushed before anyone asks are kept. One consumer. */
export function eventQueue<T>(signal: AbortSignal): EventQueue<T> {
  const waiting: T[] = []
  let wake: (() => void) | undefined
  signal.addEventListener('abort', () => wake?.(), { once: true })
  return {
    push(value) {
      waiting.push(value)
      wake?.()
    },
    async *[Symbol.asyncIterator]() {
      while (!signal.aborted) {
        if (waiting.length > 0) {
          yield waiting.shift()!
          continue
        }
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    },
  }
}
