/** Which cluster IPs are a service's own. */
import type { Service, ServiceSpec } from '../../apis/generated/core-v1.js'

export const hasOwnIps = ({ type, clusterIPs }: ServiceSpec): boolean =>
  type !== 'ExternalName' && clusterIPs?.[0] !== 'None'

/** All addresses of a stored service. */
export function ownedIps({ spec }: Service): readonly string[] {
  return hasOwnIps(spec) ? (spec.clusterIPs ?? []) : []
}
