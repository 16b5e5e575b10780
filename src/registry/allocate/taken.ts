/** What one write of a service takes and gives up: given back when the write fails, given up when it is stored. */
import type { IpFamily } from '../../machinery/ip-family.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { Reservation } from '../hooks.js'
import type { ClusterIps } from './cluster-ips.js'
import { AllocationError } from './ip-range.js'
import type { NodePorts } from './port-range.js'

export interface Ranges {
  ips: ClusterIps
  ports: NodePorts
}

/** What a dry run shows for a port it would be given. */
const dryRunPort = 32769

export class Taken implements Reservation {
  readonly ranges: Ranges
  readonly #dryRun: boolean
  readonly #onRevert: (() => unknown)[] = []
  readonly #onCommit: (() => unknown)[] = []
  readonly #dryPorts = new Set<number>()

  constructor(ranges: Ranges, dryRun: boolean) {
    this.ranges = ranges
    this.#dryRun = dryRun
  }

  commit(): void {
    for (const release of this.#onCommit) void release()
  }

  revert(): void {
    for (const release of this.#onRevert) void release()
  }

  /** Throws AllocationError. */
  async takeIp(ip: string, owner: AnyObject): Promise<void> {
    const { ips } = this.ranges
    if (this.#dryRun) return ips.check(ip)
    await ips.take(ip, owner)
    this.#onRevert.push(() => ips.release(ip))
  }

  async takeAnyIp(family: IpFamily, owner: AnyObject): Promise<string> {
    const { ips } = this.ranges
    if (this.#dryRun) return ips.sample(family)
    const ip = await ips.takeAny(family, owner)
    this.#onRevert.push(() => ips.release(ip))
    return ip
  }

  giveUpIp(ip: string): void {
    if (!this.#dryRun) this.#onCommit.push(() => this.ranges.ips.release(ip))
  }

  /** Throws AllocationError. */
  async takePort(port: number): Promise<void> {
    const { ports } = this.ranges
    if (this.#dryRun) {
      if ((await ports.has(port)) || this.#dryPorts.has(port))
        throw new AllocationError('provided port is already allocated')
      this.#dryPorts.add(port)
      return
    }
    await ports.take(port)
    this.#onRevert.push(() => ports.release(port))
  }

  async takeAnyPort(): Promise<number> {
    const { ports } = this.ranges
    if (this.#dryRun) {
      const port = Math.max(dryRunPort - 1, ...this.#dryPorts) + 1
      this.#dryPorts.add(port)
      return port
    }
    const port = await ports.takeAny()
    this.#onRevert.push(() => ports.release(port))
    return port
  }

  giveUpPort(port: number): void {
    if (!this.#dryRun) this.#onCommit.push(() => this.ranges.ports.release(port))
  }
}
