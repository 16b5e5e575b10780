/** Takes and gives up the cluster IPs of a service as it is created and changes. */
import type { Service, ServiceSpec } from '../../apis/generated/core-v1.js'
import { invalid } from '../../machinery/field-error.js'
import { internalError, invalidObject } from '../../machinery/status-error.js'
import type { IpFamily } from './ip-range.js'
import { familyOf, keepsDualStack } from './service-families.js'
import type { Ranges, Taken } from './taken.js'

const hasOwnIps = ({ type, clusterIPs }: ServiceSpec): boolean => type !== 'ExternalName' && clusterIPs?.[0] !== 'None'

/** From this index on, takes the addresses that are named and finds those that are not. Throws a StatusError. */
function takeFrom(service: Service, first: number, taken: Taken): void {
  const { spec, metadata } = service
  const ips = [...(spec.clusterIPs ?? [])]
  for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
    if (i < first) continue
    const range = taken.ranges.ips.get(family as IpFamily)!
    const wanted = ips[i]
    try {
      if (wanted) taken.takeIp(range, wanted)
      else ips[i] = taken.takeAnyIp(range)
    } catch (error) {
      const why = (error as Error).message
      if (!wanted) throw internalError(`failed to allocate a serviceIP: ${why}`)
      throw invalidObject({ group: '', kind: 'Service' }, metadata.name ?? '', [
        invalid('spec.clusterIPs', ips, `failed to allocate IP ${wanted}: ${why}`),
      ])
    }
  }
  spec.clusterIPs = ips
  if (first === 0) spec.clusterIP = ips[0]
}

export function takeClusterIps(service: Service, taken: Taken): void {
  if (hasOwnIps(service.spec)) takeFrom(service, 0, taken)
}

/** All addresses of a stored service. */
export function ownedIps({ spec }: Service): readonly string[] {
  return hasOwnIps(spec) ? (spec.clusterIPs ?? []) : []
}

const rangeOf = (ranges: Ranges, ip: string) => ranges.ips.get(familyOf(ip))

export function releaseIps(service: Service, ranges: Ranges): void {
  for (const ip of ownedIps(service)) rangeOf(ranges, ip)?.release(ip)
}

export function changeClusterIps(service: Service, old: Service, taken: Taken): void {
  const { spec } = service
  if (keepsDualStack(spec, old.spec)) return
  if (old.spec.type === 'ExternalName') {
    takeClusterIps(service, taken)
    return
  }
  if (old.spec.clusterIPs?.[0] === 'None') return
  const giveUp = (ips: readonly string[]) => {
    for (const ip of ips) taken.giveUpIp(rangeOf(taken.ranges, ip), ip)
  }
  if (spec.type === 'ExternalName') {
    giveUp(old.spec.clusterIPs ?? [])
    return
  }
  const [before, after] = [old.spec.ipFamilies?.length ?? 0, spec.ipFamilies?.length ?? 0]
  if (before === 1 && after === 2) takeFrom(service, 1, taken)
  if (before === 2 && after === 1) giveUp(old.spec.clusterIPs?.slice(1) ?? [])
}
