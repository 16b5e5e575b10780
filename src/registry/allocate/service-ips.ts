/** Takes and gives up the cluster IPs of a service as it is created and changes. */
import type { Service } from '../../apis/generated/core-v1.js'
import { invalid } from '../../machinery/field-error.js'
import type { IpFamily } from '../../machinery/ip-family.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { internalError, invalidObject } from '../../machinery/status-error.js'
import { AllocationError } from './ip-range.js'
import { hasOwnIps } from './owned-ips.js'
import { keepsDualStack } from './service-families.js'
import type { Taken } from './taken.js'

/** From this index on, takes the addresses that are named and finds those that are not. Throws a StatusError. */
async function takeFrom(service: Service, first: number, taken: Taken): Promise<void> {
  const { spec, metadata } = service
  const owner = service as unknown as AnyObject
  // What is not there yet is empty, also where an error shows it.
  const ips = (spec.ipFamilies ?? []).map((_, i) => spec.clusterIPs?.[i] ?? '')
  for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
    if (i < first) continue
    const wanted = ips[i]
    try {
      if (wanted) await taken.takeIp(wanted, owner)
      else ips[i] = await taken.takeAnyIp(family as IpFamily, owner)
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error
      const why = error.message
      if (!wanted) throw internalError(`failed to allocate a serviceIP: ${why}`)
      throw invalidObject({ group: '', kind: 'Service' }, metadata.name ?? '', [
        invalid('spec.clusterIPs', ips, `failed to allocate IP ${wanted}: ${why}`),
      ])
    }
  }
  spec.clusterIPs = ips
  if (first === 0) spec.clusterIP = ips[0]
}

export async function takeClusterIps(service: Service, taken: Taken): Promise<void> {
  if (hasOwnIps(service.spec)) await takeFrom(service, 0, taken)
}

export async function changeClusterIps(service: Service, old: Service, taken: Taken): Promise<void> {
  const { spec } = service
  if (keepsDualStack(spec, old.spec)) return
  if (old.spec.type === 'ExternalName') {
    await takeClusterIps(service, taken)
    return
  }
  if (old.spec.clusterIPs?.[0] === 'None') return
  const giveUp = (ips: readonly string[]) => {
    for (const ip of ips) taken.giveUpIp(ip)
  }
  if (spec.type === 'ExternalName') {
    giveUp(old.spec.clusterIPs ?? [])
    return
  }
  const [before, after] = [old.spec.ipFamilies?.length ?? 0, spec.ipFamilies?.length ?? 0]
  if (before === 1 && after === 2) await takeFrom(service, 1, taken)
  if (before === 2 && after === 1) giveUp(old.spec.clusterIPs?.slice(1) ?? [])
}
