/** Gives services their cluster IPs and node ports as they are written, and takes them back as they go. */
import { normalizeClusterIps, patchAllocatedValues } from '../../apis/core-v1/service-update-fields.js'
import type { Service } from '../../apis/generated/core-v1.js'
import type { Clock, Random } from '../../machinery/clock.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { Storage } from '../../storage/storage.js'
import type { KindHooks } from '../hooks.js'
import type { Rest } from '../rest.js'
import { ClusterIps } from './cluster-ips.js'
import { PortRange } from './port-range.js'
import { initFamilies } from './service-families.js'
import { changeClusterIps, ownedIps, takeClusterIps } from './service-ips.js'
import { changePorts, ownedPorts, releasePorts, takePorts } from './service-ports.js'
import { SharedPorts } from './shared-ports.js'
import { type Ranges, Taken } from './taken.js'

export interface ServiceRanges {
  /** CIDRs, at most one of each family; the first family is the default. Default 10.96.0.0/16. */
  subnets?: readonly string[]
  /** First and last. Default 30000 to 32767. */
  nodePorts?: readonly [number, number]
}

export interface ServiceHooksOptions extends ServiceRanges {
  random: Random
  /** RFC 3339, now. */
  time(): string
  /** All stored services; asked for once, before the first allocation. */
  services(): Promise<readonly AnyObject[]>
  /** The service is gone: its Endpoints must not outlive it, for the next service of that name would inherit them. */
  deleteEndpoints(service: AnyObject): Promise<void>
  /** Stores of IPAddresses and ServiceCIDRs. */
  addresses(): Rest
  ranges(): Rest
  /** Where other servers write too: what they share, and the time, for they may be in the middle of taking something. */
  shared?: { storage: Storage; clock: Clock }
}

const asService = (object: AnyObject): Service => object as unknown as Service

function newRanges(options: ServiceHooksOptions): Ranges {
  const { subnets = ['10.96.0.0/16'], nodePorts = [30000, 32767], random, shared } = options
  const newRange = () => new PortRange(nodePorts, random)
  return {
    ips: new ClusterIps({ ...options, subnets, ...(shared && { clock: shared.clock }) }),
    ports: shared ? new SharedPorts({ storage: shared.storage, range: nodePorts, newRange }) : newRange(),
  }
}

/** What is stored is taken, even where two services claim the same or the range has changed since. */
async function rebuild(options: ServiceHooksOptions): Promise<Ranges> {
  const ranges = newRanges(options)
  const owners = new Map<string, AnyObject>()
  const ports: number[] = []
  for (const object of await options.services()) {
    const service = asService(object)
    for (const ip of ownedIps(service)) owners.set(ip, object)
    ports.push(...ownedPorts(service))
  }
  await ranges.ports.repair(ports)
  await ranges.ips.repair(owners)
  return ranges
}

export function newServiceHooks(options: ServiceHooksOptions): KindHooks {
  let ready: Promise<Ranges> | undefined
  const reserve = async (dryRun: boolean, allocate: (taken: Taken) => Promise<void>) => {
    const ranges = await (ready ??= rebuild(options))
    const taken = new Taken(ranges, dryRun)
    try {
      await allocate(taken)
      return taken
    } catch (error) {
      taken.revert()
      throw error
    }
  }
  return {
    beginCreate(object, { dryRun }) {
      return reserve(dryRun, async taken => {
        const service = asService(object)
        normalizeClusterIps(service.spec, undefined)
        initFamilies(service, undefined, taken.ranges.ips.families)
        await takeClusterIps(service, taken)
        await takePorts(service, taken)
      })
    },
    beginUpdate(object, before, { dryRun, subresource }) {
      return reserve(dryRun, async taken => {
        if (subresource) return
        const [service, old] = [asService(object), asService(before)]
        patchAllocatedValues(service.spec, old.spec)
        normalizeClusterIps(service.spec, old.spec)
        initFamilies(service, old, taken.ranges.ips.families)
        await changeClusterIps(service, old, taken)
        await changePorts(service, old, taken)
      })
    },
    async afterDelete(object) {
      const ranges = await (ready ??= rebuild(options))
      const service = asService(object)
      for (const ip of ownedIps(service)) ranges.ips.release(ip)
      await releasePorts(service, ranges)
      await options.deleteEndpoints(object)
    },
  }
}
