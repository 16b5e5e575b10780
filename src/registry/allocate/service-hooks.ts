/** Gives services their cluster IPs and node ports as they are written, and takes them back as they go. */
import { normalizeClusterIps, patchAllocatedValues } from '../../apis/core-v1/service-update-fields.js'
import type { Service } from '../../apis/generated/core-v1.js'
import type { Random } from '../../machinery/clock.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { KindHooks, Reservation } from '../hooks.js'
import type { AddressRecords } from './address-records.js'
import type { IpFamily } from './ip-range.js'
import { IpRange } from './ip-range.js'
import { PortRange } from './port-range.js'
import { initFamilies } from './service-families.js'
import { changeClusterIps, ownedIps, releaseIps, takeClusterIps } from './service-ips.js'
import { changePorts, ownedPorts, releasePorts, takePorts } from './service-ports.js'
import { type Ranges, Taken } from './taken.js'

export interface ServiceRanges {
  /** CIDRs, at most one of each family; the first family is the default. Default 10.96.0.0/16. */
  subnets?: readonly string[]
  /** First and last. Default 30000 to 32767. */
  nodePorts?: readonly [number, number]
}

export interface ServiceHooksOptions extends ServiceRanges {
  random: Random
  /** All stored services; asked for once, before the first allocation. */
  services(): Promise<readonly AnyObject[]>
  /** The service is gone: its Endpoints must not outlive it, for the next service of that name would inherit them. */
  deleteEndpoints(service: AnyObject): Promise<void>
  addresses: AddressRecords
}

const asService = (object: AnyObject): Service => object as unknown as Service

function newRanges({ subnets = ['10.96.0.0/16'], nodePorts = [30000, 32767], random }: ServiceHooksOptions): Ranges {
  const ranges = subnets.map(subnet => new IpRange(subnet, random))
  const ips = new Map<IpFamily, IpRange>(ranges.map(range => [range.family, range]))
  return { ips, ports: new PortRange(nodePorts, random) }
}

/** What is stored is taken, even where two services claim the same or the range has changed since. */
async function rebuild(options: ServiceHooksOptions): Promise<Ranges> {
  const ranges = newRanges(options)
  const attempt = (take: () => void) => {
    try {
      take()
    } catch {
      // Upstream repairs such services in the background and lets them live.
    }
  }
  const owners = new Map<string, AnyObject>()
  for (const object of await options.services()) {
    const service = asService(object)
    for (const ip of ownedIps(service)) owners.set(ip, object)
    for (const ip of ownedIps(service)) for (const range of ranges.ips.values()) attempt(() => range.take(ip))
    for (const port of ownedPorts(service)) attempt(() => ranges.ports.take(port))
  }
  await options.addresses.repair(owners)
  return ranges
}

/** Keeps the records of addresses in step with the service, once it is stored. */
function recorded(taken: Reservation, addresses: AddressRecords, object: AnyObject, before?: AnyObject): Reservation {
  return {
    revert: () => taken.revert(),
    commit() {
      taken.commit()
      const [ips, old] = [ownedIps(asService(object)), before ? ownedIps(asService(before)) : []]
      for (const ip of old) if (!ips.includes(ip)) addresses.release(ip)
      for (const ip of ips) if (!old.includes(ip)) addresses.assign(ip, object)
    },
  }
}

export function newServiceHooks(options: ServiceHooksOptions): KindHooks {
  let ready: Promise<Ranges> | undefined
  const reserve = async (dryRun: boolean, allocate: (taken: Taken, families: readonly IpFamily[]) => void) => {
    const ranges = await (ready ??= rebuild(options))
    const taken = new Taken(ranges, dryRun)
    try {
      allocate(taken, [...ranges.ips.keys()])
      return taken
    } catch (error) {
      taken.revert()
      throw error
    }
  }
  return {
    async beginCreate(object, { dryRun }) {
      const reserved = await reserve(dryRun, (taken, families) => {
        const service = asService(object)
        normalizeClusterIps(service.spec, undefined)
        initFamilies(service, undefined, families)
        takeClusterIps(service, taken)
        takePorts(service, taken)
      })
      return dryRun ? reserved : recorded(reserved, options.addresses, object)
    },
    async beginUpdate(object, before, { dryRun, subresource }) {
      const reserved = await reserve(dryRun, (taken, families) => {
        if (subresource) return
        const [service, old] = [asService(object), asService(before)]
        patchAllocatedValues(service.spec, old.spec)
        normalizeClusterIps(service.spec, old.spec)
        initFamilies(service, old, families)
        changeClusterIps(service, old, taken)
        changePorts(service, old, taken)
      })
      return dryRun || subresource ? reserved : recorded(reserved, options.addresses, object, before)
    },
    async afterDelete(object) {
      const ranges = await ready
      const service = asService(object)
      if (ranges) {
        releaseIps(service, ranges)
        releasePorts(service, ranges)
      }
      for (const ip of ownedIps(service)) options.addresses.release(ip)
      await options.deleteEndpoints(object)
    },
  }
}
