/** Node ports of one range, both ends included. */
import type { Random } from '../../machinery/clock.js'
import { AllocationError } from './ip-range.js'
import { NumberRange, reservedPart } from './number-range.js'

/** Who has which node port: in this process, or in a record that several servers share. */
export interface NodePorts {
  has(port: number): boolean | Promise<boolean>
  /** Throws AllocationError when it is outside of the range or taken. */
  take(port: number): void | Promise<void>
  /** Throws AllocationError when all are taken. */
  takeAny(): number | Promise<number>
  release(port: number): void | Promise<void>
  /** What stored services have is taken, whatever else there is. */
  repair(inUse: Iterable<number>): void | Promise<void>
}

export class PortRange implements NodePorts {
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

  /** One outside of the range, or of two services, stays with who has it: upstream repairs such services in the background. */
  repair(inUse: Iterable<number>): void {
    for (const port of inUse)
      if (port >= this.#low && port <= this.#high && !this.has(port)) this.#numbers.take(port - this.#low)
  }

  /** Places in the range that are taken, the first port's is 0. */
  taken(): Iterable<number> {
    return this.#numbers.taken()
  }

  /** Takes places as a record has them. */
  restore(places: Iterable<number>): void {
    for (const place of places) this.#numbers.take(place)
  }
}
