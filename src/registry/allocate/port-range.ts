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
  /** `prepare` looks at what should be taken, and says what to do; it is asked again when something was taken or given up meanwhile. */
  repair<T>(prepare: () => Promise<(ports: PortRange) => T>): Promise<T>
}

export class PortRange implements NodePorts {
  readonly #low: number
  readonly #high: number
  readonly #numbers: NumberRange
  #changes = 0

  constructor([low, high]: readonly [number, number], random: Random) {
    this.#low = low
    this.#high = high
    const size = high - low + 1
    this.#numbers = new NumberRange({ size, reserved: reservedPart(size, { step: 32, max: 128 }), random })
  }

  /** As the range is written. */
  get text(): string {
    return `${this.#low}-${this.#high}`
  }

  contains(port: number): boolean {
    return port >= this.#low && port <= this.#high
  }

  has(port: number): boolean {
    return this.#numbers.has(port - this.#low)
  }

  take(port: number): void {
    if (!this.contains(port))
      throw new AllocationError(`provided port is not in the valid range. The range of valid ports is ${this.text}`)
    this.#changes++
    if (!this.#numbers.take(port - this.#low)) throw new AllocationError('provided port is already allocated')
  }

  takeAny(): number {
    this.#changes++
    const number = this.#numbers.takeAny()
    if (number === undefined) throw new AllocationError('range is full')
    return this.#low + number
  }

  release(port: number): void {
    this.#changes++
    this.#numbers.release(port - this.#low)
  }

  async repair<T>(prepare: () => Promise<(ports: PortRange) => T>): Promise<T> {
    for (;;) {
      const before = this.#changes
      const mend = await prepare()
      if (this.#changes === before) return mend(this)
    }
  }

  /** All ports that are taken. */
  *taken(): Generator<number> {
    for (const number of this.#numbers.taken()) yield this.#low + number
  }

  /** These are taken, as far as they are in the range. */
  restore(ports: Iterable<number>): void {
    for (const port of ports) if (this.contains(port)) this.#numbers.take(port - this.#low)
  }
}
