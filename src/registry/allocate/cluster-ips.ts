/**
 * Who has which cluster IP. The IPAddress objects are the record, as upstream: an address is taken by creating its object, so neither
 * two services nor two servers can have the same, and one that a user creates is taken too. ServiceCIDR objects say what there is.
 */
import type { ServiceCIDR } from '../../apis/generated/networking-v1.js'
import { type Clock, formatTime, type Random } from '../../machinery/clock.js'
import type { IpFamily } from '../../machinery/ip-family.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import type { Rest } from '../rest.js'
import { newAddress, type Owner } from './address-objects.js'
import { planAddressRepair } from './address-repair.js'
import type { RepairRound } from './findings.js'
import { AllocationError, IpRange } from './ip-range.js'

const scope = { user: { name: 'system:apiserver', groups: [] }, dryRun: false, subresource: '' }

/** One that nobody has judged yet counts as ready: the controller may not run. */
function isReady({ metadata, status }: ServiceCIDR): boolean {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready')
  return !metadata.deletionTimestamp && (condition?.status ?? 'True') === 'True'
}

export interface ClusterIpsOptions {
  /** CIDRs, at most one of each family: the cluster's families, and its ranges while no ServiceCIDR is stored. */
  subnets: readonly string[]
  random: Random
  clock: Clock
  /** Stores of IPAddresses and ServiceCIDRs. */
  addresses(): Rest
  ranges(): Rest
}

export class ClusterIps {
  /** The first is the default. */
  readonly families: readonly IpFamily[]
  readonly #options: ClusterIpsOptions
  readonly #initial: readonly IpRange[]
  readonly #parsed = new Map<string, IpRange>()
  /** The deletion under way of each address: who takes it again waits for it. */
  readonly #releases = new Map<string, Promise<void>>()

  /** Throws when a subnet is no CIDR that can be used. */
  constructor(options: ClusterIpsOptions) {
    this.#options = options
    this.#initial = options.subnets.map(subnet => new IpRange(subnet))
    this.families = this.#initial.map(({ family }) => family)
  }

  /** Throws AllocationError when no range has it, or somebody else. */
  async take(ip: string, owner: Owner): Promise<void> {
    await this.check(ip)
    if (!(await this.#create(ip, owner))) throw new AllocationError('provided IP is already allocated')
  }

  /** As `take`, of the ranges alone. */
  async check(ip: string): Promise<void> {
    const range = (await this.#ranges()).find(candidate => candidate.contains(ip))
    if (!range) throw new AllocationError('the provided network does not match the current range')
    range.check(ip)
  }

  /** Throws AllocationError when all are taken. */
  async takeAny(family: IpFamily, owner: Owner): Promise<string> {
    const addresses = this.#options.addresses()
    for (const range of await this.#rangesOf(family))
      for (const ip of range.candidates(this.#options.random)) {
        if (await find(addresses, ip)) continue
        if (await this.#create(ip, owner)) return ip
      }
    throw new AllocationError('range is full')
  }

  /** What a dry run is shown: an address that nobody gets. */
  async sample(family: IpFamily): Promise<string> {
    const [range] = await this.#rangesOf(family)
    if (!range) throw new AllocationError('range is full')
    return range.networkAddress
  }

  /** Returns at once. */
  release(ip: string): void {
    const done = this.#options
      .addresses()
      .delete({ name: ip }, {}, scope)
      // It was not there, or the server ends: the next start looks again.
      .then(nothing, nothing)
      .finally(() => {
        if (this.#releases.get(ip) === done) this.#releases.delete(ip)
      })
    this.#releases.set(ip, done)
  }

  /**
   * Makes the records those of the addresses that services have: a kill may have come between two writes. `isQuiet`: nobody is creating
   * services.
   */
  async repair(readServices: () => Promise<readonly AnyObject[]>, isQuiet: boolean): Promise<RepairRound> {
    const ranges = await this.#ranges({ ready: false })
    // Before the services: one that has its address by now must not seem to have none.
    const { items } = await this.#options.addresses().list(undefined, {})
    const addresses = new Map(items.map(({ object }) => [object.metadata.name ?? '', object]))
    const isInRange = (ip: string) => ranges.some(range => range.contains(ip))
    const services = await readServices()
    const { findings, assign, remove, lookAgainIn } = planAddressRepair({
      ...{ services, addresses, isInRange, isQuiet },
      now: this.#options.clock.now(),
    })
    const isStale = (ip: string) => this.#isStale(ip, addresses.get(ip))
    const stale = new Set<unknown>()
    for (const [ip, service] of assign) {
      if (await isStale(ip)) stale.add(service)
      else {
        if (addresses.has(ip)) this.release(ip)
        await this.#create(ip, service)
      }
    }
    for (const ip of remove) {
      if (await isStale(ip)) stale.add(addresses.get(ip))
      else this.release(ip)
    }
    return { findings: findings.filter(({ regarding }) => !stale.has(regarding)), ...(lookAgainIn && { lookAgainIn }) }
  }

  /** It is no longer what was seen, or will not be in a moment. */
  async #isStale(ip: string, seen: AnyObject | undefined): Promise<boolean> {
    if (this.#releases.has(ip)) return true
    const now = await find(this.#options.addresses(), ip)
    return now?.metadata.uid !== seen?.metadata.uid
  }

  /** False when it is taken. */
  async #create(ip: string, owner: Owner): Promise<boolean> {
    await this.#releases.get(ip)
    try {
      await this.#options
        .addresses()
        .create(undefined, newAddress(ip, owner, formatTime(this.#options.clock.now())), scope)
      return true
    } catch (error) {
      if (isReason(error, 'AlreadyExists')) return false
      throw error
    }
  }

  async #rangesOf(family: IpFamily): Promise<readonly IpRange[]> {
    return (await this.#ranges()).filter(range => range.family === family)
  }

  /** Those that are given out of, or all that there are. */
  async #ranges({ ready } = { ready: true }): Promise<readonly IpRange[]> {
    const { items } = await this.#options.ranges().list(undefined, {})
    if (!items.length) return this.#initial
    const all = items.map(({ object }) => object as unknown as ServiceCIDR)
    return all
      .filter(range => !ready || isReady(range))
      .flatMap(({ spec }) => (spec?.cidrs ?? []).map(cidr => this.#rangeOf(cidr)))
  }

  #rangeOf(cidr: string): IpRange {
    let range = this.#parsed.get(cidr)
    if (!range) this.#parsed.set(cidr, (range = new IpRange(cidr)))
    return range
  }
}

const nothing = () => {}

async function find(rest: Rest, name: string): Promise<AnyObject | undefined> {
  try {
    return (await rest.get({ name })).object
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  }
}
