/** IPv4 networks that a machine has no use for yet. Pure. */
import type { NetworkInterfaceInfo } from 'node:os'

export const parseAddress = (ip: string): number => ip.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
export const formatAddress = (n: number): string =>
  [24, 16, 8, 0].map(shift => Math.floor(n / 2 ** shift) % 256).join('.')

/** Where pods usually are; a block for each cluster on the machine. */
const firstAddress = parseAddress('10.244.0.0')
const endAddress = parseAddress('10.255.0.0')
/** Of blocks in which nodes have no networks of their own. */
export const usualPrefix = 20

/** The block that begins where a network does; undefined when there is none. */
export function blockAround(subnet: string): string | undefined {
  const [address = ''] = subnet.split('/')
  const start = parseAddress(address)
  const isOurs = start >= firstAddress && start < endAddress && start % 2 ** (32 - usualPrefix) === 0
  return isOurs ? `${address}/${usualPrefix}` : undefined
}

/**
 * Blocks of so many bits that share no address with an interface or a route. Of most of a block there is no sign until it is used: so that
 * larger ones stay apart from the usual ones, they are looked for from the end.
 */
export function freeSubnets(
  interfaces: readonly Pick<NetworkInterfaceInfo, 'address' | 'family'>[],
  routes: readonly { address: number; mask: number }[],
  prefix = usualPrefix,
): string[] {
  const addresses = interfaces.filter(({ family }) => family === 'IPv4').map(({ address }) => parseAddress(address))
  const size = 2 ** (32 - prefix)
  const bases = Array.from({ length: (endAddress - firstAddress) / size }, (_, i) => firstAddress + i * size)
  return (prefix < usualPrefix ? bases.reverse() : bases)
    .filter(base => {
      const isWithin = (address: number) => address >= base && address < base + size
      const overlaps = ({ address, mask }: { address: number; mask: number }) =>
        // The way to everywhere is no use of it.
        mask !== 0 && (isWithin(address) || (base & mask) >>> 0 === address)
      return !addresses.some(isWithin) && !routes.some(overlaps)
    })
    .map(base => `${formatAddress(base)}/${prefix}`)
}
