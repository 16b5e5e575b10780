/** How many requests of a kind run or wait, and the most there were of late. */
import { RatioHistogram } from './ratio-histogram.js'

export type RequestKind = 'readOnly' | 'mutating'
export type Phase = 'executing' | 'waiting'

const bounds = [0, 0.001, 0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1]

/** Of one kind in one phase. Times are in seconds. */
export class ConcurrencyMark {
  readonly ratio: RatioHistogram
  #count = 0
  #second = 0
  #max = 0
  #lastMax = 0

  constructor(now: number) {
    this.ratio = new RatioHistogram(bounds, now)
  }

  add(now: number, delta: number): void {
    this.#turn(now)
    this.#count += delta
    if (this.#count > this.#max) this.#max = this.#count
    this.ratio.set(now, this.#count)
  }

  /** The most at a time in the last second. */
  highest(now: number): number {
    this.#turn(now)
    return Math.max(this.#max, this.#lastMax)
  }

  #turn(now: number): void {
    const second = Math.floor(now)
    if (second === this.#second) return
    this.#lastMax = second === this.#second + 1 ? this.#max : this.#count
    this.#max = this.#count
    this.#second = second
  }
}

export class ConcurrencyMarks {
  readonly marks: Readonly<Record<Phase, Record<RequestKind, ConcurrencyMark>>>

  constructor(now: number) {
    const pair = () => ({ readOnly: new ConcurrencyMark(now), mutating: new ConcurrencyMark(now) })
    this.marks = { executing: pair(), waiting: pair() }
  }

  /** What ratios are taken of: all that may run, and all that may wait. */
  setDenominators(now: number, { executing, waiting }: Readonly<Record<Phase, number>>): void {
    for (const mark of Object.values(this.marks.executing)) mark.ratio.setDenominator(now, Math.max(1, executing))
    for (const mark of Object.values(this.marks.waiting)) mark.ratio.setDenominator(now, Math.max(1, waiting))
  }
}
