/** Addresses of this machine that Gateways may have. */
import { networkInterfaces } from 'node:os'
import type { AddressWorld } from '../../network/gateway/gateway-addresses.js'
import { clusterNumber } from './cluster-number.js'

/** Where all of 127.0.0.0/8 is this machine; elsewhere it is 127.0.0.1 alone. */
const hasLoopbackRange: ReadonlySet<NodeJS.Platform> = new Set(['linux', 'win32'])

/** Of the loopback's, a range a cluster. */
function loopbackRange(cluster: string): string {
  const number = clusterNumber(cluster)
  return `127.${64 + (number >> 8)}.${number & 255}.0/24`
}

const isOnInterface = (address: string) =>
  Object.values(networkInterfaces()).some(list => list?.some(one => one.address === address))

/** `shared` is where Ingresses are served too. */
export function gatewayAddresses(shared: string, cluster: string): AddressWorld {
  if (!hasLoopbackRange.has(process.platform)) return { shared, isUsable: isOnInterface }
  const isUsable = (address: string) => address.startsWith('127.') || isOnInterface(address)
  return { shared, range: loopbackRange(cluster), isUsable }
}
