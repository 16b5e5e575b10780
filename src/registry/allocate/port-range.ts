/** Node ports of one range, both ends included. */
import type { Random } from '../../machinery/clock.js'
import { AllocationError } from './ip-range.js'
import { NumberRange, reservedPart } from './number-range.js'

export class PortRange {
  readonly #low: number
  readonly #high: number
  readonly #numbers: NumberRange

  constructor([low, high]: readonly [number, number], random: Random) {
    this.#low = low
    this.#high = high
    const size = high - low + 1
    this.#numbers = new NumberRange({ size, reserved: reservedPart(size, { step: 32, max: 128 }), random })
  }

  has(port: number): boolean {
    return this.#numbers.has(port - this.#low)
  }

  /** Throws AllocationError when it is outside of the range or taken. */
  take(port: number): void {
    if (port < this.#low || port > this.#high)
      throw new AllocationError(
        `provided port is not in the valid range. The range of valid ports is ${this.#low}-${this.#high}`,
      )
    if (!this.#numbers.take(port - this.#low)) throw new AllocationError('provided port is already allocated')
  }

  takeAny(): number {
    const number = this.#numbers.takeAny()
    if (number === undefined) throw new AllocationError('range is full')
    return this.#low + number
  }

  release(port: number): void {
    this.#numbers.release(port - this.#low)
  }
}
