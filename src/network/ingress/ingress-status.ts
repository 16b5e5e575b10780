/** Where an Ingress is reached, for its status and for people. */
import type { Ingress, IngressLoadBalancerIngress } from '../../apis/generated/networking-v1.js'

/** What the status is to say; undefined: it is right as it is. What others wrote stays. */
export function planStatus(
  { status }: Ingress,
  address: string,
  ports: readonly number[],
): IngressLoadBalancerIngress[] | undefined {
  const now = status?.loadBalancer?.ingress ?? []
  if (!ports.length || now.some(({ ip }) => ip !== address)) return undefined
  const wanted = [{ ip: address, ports: ports.map(port => ({ port, protocol: 'TCP' })) }]
  return JSON.stringify(now.map(({ ip, ports }) => [ip, ports?.map(({ port }) => port)])) ===
    JSON.stringify([[address, ports]])
    ? undefined
    : wanted
}
