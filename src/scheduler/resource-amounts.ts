/** Amounts of resources as plain numbers, so that the scheduler's inner loops add and compare without parsing. */
import { quantityMilliValue, quantityValue } from '../machinery/quantity.js'

type Quantities = Readonly<Record<string, string>> | undefined

/** Thousandths of a CPU, bytes, and counts of everything else. */
export class ResourceAmounts {
  milliCpu = 0
  memory = 0
  ephemeralStorage = 0
  /** Extended resources, huge pages and the like; absent when there are none. */
  scalars: Map<string, number> | undefined

  add(other: ResourceAmounts): void {
    this.accumulate(other, 1)
  }

  subtract(other: ResourceAmounts): void {
    this.accumulate(other, -1)
  }

  scalar(name: string): number {
    return this.scalars?.get(name) ?? 0
  }

  clone(): ResourceAmounts {
    const copy = new ResourceAmounts()
    copy.add(this)
    return copy
  }

  private accumulate(other: ResourceAmounts, sign: 1 | -1): void {
    this.milliCpu += sign * other.milliCpu
    this.memory += sign * other.memory
    this.ephemeralStorage += sign * other.ephemeralStorage
    if (!other.scalars) return
    this.scalars ??= new Map()
    for (const [name, amount] of other.scalars) this.scalars.set(name, this.scalar(name) + sign * amount)
  }
}

/** From a resource list of the API; `pods` is left out, for it is counted and not summed. */
export function resourceAmounts(list: Quantities): ResourceAmounts {
  const amounts = new ResourceAmounts()
  for (const name in list) {
    const quantity = list[name] as string
    if (name === 'cpu') amounts.milliCpu = quantityMilliValue(quantity)
    else if (name === 'memory') amounts.memory = quantityValue(quantity)
    else if (name === 'ephemeral-storage') amounts.ephemeralStorage = quantityValue(quantity)
    else if (name !== 'pods') (amounts.scalars ??= new Map()).set(name, quantityValue(quantity))
  }
  return amounts
}
