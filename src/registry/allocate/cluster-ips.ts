/**
 * Who has which cluster IP. The IPAddress objects are the record, as upstream: an address is taken by creating its object, so neither
 * two services nor two servers can have the same, and one that a user creates is taken too. ServiceCIDR objects say what there is.
 */
import type { IPAddress, ServiceCIDR } from '../../apis/generated/networking-v1.js'
import type { Clock, Random } from '../../machinery/clock.js'
import { familyOf, type IpFamily } from '../../machinery/ip-family.js'
import type { AnyObject, ManagedFieldsEntry } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import type { Rest } from '../rest.js'
import { AllocationError, IpRange } from './ip-range.js'

const managedBy = 'ipaddress.kubernetes.io/managed-by'
const allocator = 'ipallocator.k8s.io'
const scope = { user: { name: 'system:apiserver', groups: [] }, dryRun: false, subresource: '' }

type Owner = Pick<AnyObject, 'metadata'>

const ipFamily = 'ipaddress.kubernetes.io/ip-family'

/** All of an address is the server's own, and always the same. */
const ownedFields = {
  'f:metadata': { 'f:labels': { '.': {}, [`f:${ipFamily}`]: {}, [`f:${managedBy}`]: {} } },
  'f:spec': { 'f:parentRef': { '.': {}, 'f:name': {}, 'f:namespace': {}, 'f:resource': {} } },
}

const managedAt = (time: string): ManagedFieldsEntry[] => [
  {
    manager: 'kube-apiserver',
    operation: 'Update',
    apiVersion: 'networking.k8s.io/v1',
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: ownedFields,
  },
]

const newAddress = (ip: string, { metadata: { namespace, name = '' } }: Owner, time: string): AnyObject => ({
  kind: 'IPAddress',
  apiVersion: 'networking.k8s.io/v1',
  metadata: {
    name: ip,
    labels: { [ipFamily]: familyOf(ip), [managedBy]: allocator },
    managedFields: managedAt(time),
  },
  spec: { parentRef: { resource: 'services', namespace, name } } satisfies IPAddress['spec'],
})

/** One that nobody has judged yet counts as ready: the controller may not run. */
function isReady({ metadata, status }: ServiceCIDR): boolean {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready')
  return !metadata.deletionTimestamp && (condition?.status ?? 'True') === 'True'
}

export interface ClusterIpsOptions {
  /** CIDRs, at most one of each family: the cluster's families, and its ranges while no ServiceCIDR is stored. */
  subnets: readonly string[]
  random: Random
  /** RFC 3339, now. */
  time(): string
  /** Stores of IPAddresses and ServiceCIDRs. */
  addresses(): Rest
  ranges(): Rest
  /** Present where other servers take addresses too. */
  clock?: Clock
}

/** An address without an owner may be that of a service that is just being created: upstream's figure, milliseconds. */
const grace = 60_000

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
        if (await exists(addresses, ip)) continue
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

  /** Makes the records those of the addresses that are in use, by owner: a kill may have come between two writes. */
  async repair(inUse: ReadonlyMap<string, Owner>): Promise<void> {
    const { items } = await this.#options.addresses().list(undefined, {})
    const known = new Set<string>()
    for (const { object } of items) {
      const { name = '', labels } = object.metadata
      known.add(name)
      if (labels?.[managedBy] === allocator && !inUse.has(name) && this.#isSettled(object)) this.release(name)
    }
    for (const [ip, owner] of inUse) if (!known.has(ip)) await this.#create(ip, owner)
  }

  #isSettled({ metadata }: AnyObject): boolean {
    const { clock } = this.#options
    return !clock || Date.parse(metadata.creationTimestamp ?? '') + grace < clock.now()
  }

  /** False when it is taken. */
  async #create(ip: string, owner: Owner): Promise<boolean> {
    await this.#releases.get(ip)
    try {
      await this.#options.addresses().create(undefined, newAddress(ip, owner, this.#options.time()), scope)
      return true
    } catch (error) {
      if (isReason(error, 'AlreadyExists')) return false
      throw error
    }
  }

  async #rangesOf(family: IpFamily): Promise<readonly IpRange[]> {
    return (await this.#ranges()).filter(range => range.family === family)
  }

  async #ranges(): Promise<readonly IpRange[]> {
    const { items } = await this.#options.ranges().list(undefined, {})
    if (!items.length) return this.#initial
    const ready = items.map(({ object }) => object as unknown as ServiceCIDR).filter(isReady)
    return ready.flatMap(({ spec }) => (spec?.cidrs ?? []).map(cidr => this.#rangeOf(cidr)))
  }

  #rangeOf(cidr: string): IpRange {
    let range = this.#parsed.get(cidr)
    if (!range) this.#parsed.set(cidr, (range = new IpRange(cidr)))
    return range
  }
}

const nothing = () => {}

async function exists(rest: Rest, name: string): Promise<boolean> {
  try {
    await rest.get({ name })
    return true
  } catch (error) {
    if (isReason(error, 'NotFound')) return false
    throw error
  }
}
