/** Numbers 0 to size-1, each given out once: drawn at random from the upper part, so that the lower is left to those who ask by name. */
import type { Random } from '../../machinery/clock.js'

export interface NumberRangeOptions {
  size: number
  /** The first numbers of the range are given out only when the rest is used up. */
  reserved: number
  random: Random
}

export class NumberRange {
  readonly #options: NumberRangeOptions
  readonly #used = new Set<number>()

  constructor(options: NumberRangeOptions) {
    this.#options = options
  }

  has(number: number): boolean {
    return this.#used.has(number)
  }

  /** All that are taken. */
  taken(): Iterable<number> {
    return this.#used
  }

  /** False when it is taken. */
  take(number: number): boolean {
    if (this.#used.has(number)) return false
    this.#used.add(number)
    return true
  }

  /** Undefined when all are taken. */
  takeAny(): number | undefined {
    const { size, reserved } = this.#options
    return this.#takeWithin(reserved, size) ?? this.#takeWithin(0, reserved)
  }

  release(number: number): void {
    this.#used.delete(number)
  }

  #takeWithin(low: number, high: number): number | undefined {
    const width = high - low
    if (width <= 0) return undefined
    const start = Math.floor(this.#options.random.next() * width)
    // At most as many steps as numbers are taken, and one.
    for (let step = 0; step < width && step <= this.#used.size; step++) {
      const number = low + ((start + step) % width)
      if (this.take(number)) return number
    }
    return undefined
  }
}

/** How much of a range is left to those who ask by name (KEP-3070): a share of it, within bounds, none of a small one. */
export function reservedPart(size: number, { step, max }: { step: number; max: number }): number {
  const min = 16
  return size <= min ? 0 : Math.min(Math.max(Math.floor(size / step), min), max)
}
