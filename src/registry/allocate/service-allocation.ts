/** All that services are given: their cluster IPs and node ports, and who sees to it that what they have is taken. */
import type { Service } from '../../apis/generated/core-v1.js'
import type { Clock, Random } from '../../machinery/clock.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { Storage } from '../../storage/storage.js'
import type { Rest } from '../rest.js'
import { ClusterIps } from './cluster-ips.js'
import type { AllocationRepair, RepairRound } from './findings.js'
import { PortRange } from './port-range.js'
import { claimedPorts, type LeakedPorts, mendPorts } from './port-repair.js'
import { SharedPorts } from './shared-ports.js'
import type { Ranges } from './taken.js'

export interface ServiceRanges {
  /** CIDRs, at most one of each family; the first family is the default. Default 10.96.0.0/16. */
  subnets?: readonly string[]
  /** First and last. Default 30000 to 32767. */
  nodePorts?: readonly [number, number]
  /** Who has which node port is kept in the store though nobody else writes there: it may be set back to what it was. */
  portsInStore?: boolean
}

export interface ServiceAllocationOptions extends ServiceRanges {
  random: Random
  clock: Clock
  storage: Storage
  /** Stores of Services, IPAddresses and ServiceCIDRs. */
  services(): Rest
  addresses(): Rest
  ranges(): Rest
}

/** Rounds, of which the first must be through before anything is taken. What it finds is told to who asks for the first round later. */
class Rounds {
  #first: Promise<RepairRound> | undefined
  #isTold = false

  constructor(private readonly run: (isFirst: boolean) => Promise<RepairRound>) {}

  begin(): Promise<RepairRound> {
    this.#first ??= this.run(true).catch(error => {
      // A store that does not answer now may answer later.
      this.#first = undefined
      throw error
    })
    return this.#first
  }

  async next(): Promise<RepairRound> {
    if (this.#isTold) return this.run(false)
    const first = await this.begin()
    this.#isTold = true
    return first
  }
}

export class ServiceAllocation {
  readonly #options: ServiceAllocationOptions
  /** Other servers write too, and may be in the middle of taking something. */
  readonly #isShared: boolean
  /** Else the services are the record of node ports. */
  readonly #hasPortRecord: boolean
  readonly #ranges: Ranges
  readonly #ports = new Rounds(isFirst => this.#repairPorts(isFirst))
  readonly #ips = new Rounds(isFirst => this.#repairIps(isFirst))
  #leaked: LeakedPorts = new Map()

  constructor(options: ServiceAllocationOptions) {
    const { subnets = ['10.96.0.0/16'], nodePorts = [30000, 32767], random, storage } = options
    const newRange = () => new PortRange(nodePorts, random)
    this.#options = options
    this.#isShared = storage.sync !== undefined
    this.#hasPortRecord = this.#isShared || options.portsInStore === true
    this.#ranges = {
      ips: new ClusterIps({ ...options, subnets }),
      ports: this.#hasPortRecord ? new SharedPorts({ storage, range: nodePorts, newRange }) : newRange(),
    }
  }

  /** Resolves when what is stored is taken, even where two services claim the same or the range has changed since. */
  async ready(): Promise<Ranges> {
    await Promise.all([this.#ports.begin(), this.#ips.begin()])
    return this.#ranges
  }

  /** To be run again and again. */
  get repairs(): readonly AllocationRepair[] {
    return [
      { name: 'ipallocator-repair-controller', round: () => this.#ips.next() },
      { name: 'portallocator-repair-controller', round: () => this.#ports.next() },
    ]
  }

  async #services(): Promise<readonly AnyObject[]> {
    return (await this.#options.services().list(undefined, {})).items.map(({ object }) => object)
  }

  async #repairPorts(isFirst: boolean): Promise<RepairRound> {
    const { findings, leaked } = await this.#ranges.ports.repair(async () => {
      const services = await this.#services()
      return ports => {
        if (isFirst && !this.#hasPortRecord)
          ports.restore(services.flatMap(one => claimedPorts(one as unknown as Service)))
        return mendPorts(ports, services, this.#leaked)
      }
    })
    this.#leaked = leaked
    return { findings }
  }

  #repairIps(isFirst: boolean): Promise<RepairRound> {
    return this.#ranges.ips.repair(() => this.#services(), isFirst && !this.#isShared)
  }
}
