/** Gives services their cluster IPs and node ports as they are written, and takes them back as they go. */
import { normalizeClusterIps, patchAllocatedValues } from '../../apis/core-v1/service-update-fields.js'
import type { Service } from '../../apis/generated/core-v1.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { KindHooks } from '../hooks.js'
import { ownedIps } from './owned-ips.js'
import type { ServiceAllocation } from './service-allocation.js'
import { initFamilies } from './service-families.js'
import { changeClusterIps, takeClusterIps } from './service-ips.js'
import { changePorts, releasePorts, takePorts } from './service-ports.js'
import { Taken } from './taken.js'

export interface ServiceHooksOptions {
  allocation: ServiceAllocation
  /** The service is gone: its Endpoints must not outlive it, for the next service of that name would inherit them. */
  deleteEndpoints(service: AnyObject): Promise<void>
}

const asService = (object: AnyObject): Service => object as unknown as Service

export function newServiceHooks({ allocation, deleteEndpoints }: ServiceHooksOptions): KindHooks {
  const reserve = async (dryRun: boolean, allocate: (taken: Taken) => Promise<void>) => {
    const ranges = await allocation.ready()
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
      const ranges = await allocation.ready()
      const service = asService(object)
      for (const ip of ownedIps(service)) ranges.ips.release(ip)
      await releasePorts(service, ranges)
      await deleteEndpoints(object)
    },
  }
}
