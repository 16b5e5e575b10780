/** The address of a pod in one family: it has at most one of each. */
import type { Pod } from '../apis/generated/core-v1.js'
import { type IpFamily, isOfFamily } from '../machinery/ip-family.js'

/** Undefined where it has none, or none yet. */
export function podAddress({ status }: Pod, family: IpFamily): string | undefined {
  const first = status?.podIP
  if (first && isOfFamily(first, family)) return first
  return status?.podIPs?.find(({ ip }) => isOfFamily(ip, family))?.ip
}
