/** What one write of a service takes and gives up: given back when the write fails, given up when it is stored. */
import type { Reservation } from '../hooks.js'
import { AllocationError, type IpFamily, type IpRange } from './ip-range.js'
import type { PortRange } from './port-range.js'

export interface Ranges {
  /** The first family is the cluster's default. */
  ips: ReadonlyMap<IpFamily, IpRange>
  ports: PortRange
}

/** What a dry run shows for a port it would be given. */
const dryRunPort = 32769

export class Taken implements Reservation {
  readonly ranges: Ranges
  readonly #dryRun: boolean
  readonly #onRevert: (() => void)[] = []
  readonly #onCommit: (() => void)[] = []
  readonly #dryPorts = new Set<number>()

  constructor(ranges: Ranges, dryRun: boolean) {
    this.ranges = ranges
    this.#dryRun = dryRun
  }

  commit(): void {
    for (const release of this.#onCommit) release()
  }

  revert(): void {
    for (const release of this.#onRevert) release()
  }

  /** Throws AllocationError. */
  takeIp(range: IpRange, ip: string): void {
    if (this.#dryRun) {
      range.check(ip)
      return
    }
    range.take(ip)
    this.#onRevert.push(() => range.release(ip))
  }

  takeAnyIp(range: IpRange): string {
    if (this.#dryRun) return range.networkAddress
    const ip = range.takeAny()
    this.#onRevert.push(() => range.release(ip))
    return ip
  }

  giveUpIp(range: IpRange | undefined, ip: string): void {
    if (!this.#dryRun) this.#onCommit.push(() => range?.release(ip))
  }

  takePort(port: number): void {
    const { ports } = this.ranges
    if (this.#dryRun) {
      if (ports.has(port) || this.#dryPorts.has(port)) throw new AllocationError('provided port is already allocated')
      this.#dryPorts.add(port)
      return
    }
    ports.take(port)
    this.#onRevert.push(() => ports.release(port))
  }

  takeAnyPort(): number {
    const { ports } = this.ranges
    if (this.#dryRun) {
      const port = Math.max(dryRunPort - 1, ...this.#dryPorts) + 1
      this.#dryPorts.add(port)
      return port
    }
    const port = ports.takeAny()
    this.#onRevert.push(() => ports.release(port))
    return port
  }

  giveUpPort(port: number): void {
    if (!this.#dryRun) this.#onCommit.push(() => this.ranges.ports.release(port))
  }
}
