/** IPv4 addresses out of one block, handed out in order and used again once they are given back. */

export interface AddressPool {
  take(): string
  giveBack(address: string): void
}

const toNumber = (ip: string) => ip.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
const toText = (n: number) => [24, 16, 8, 0].map(shift => Math.floor(n / 2 ** shift) % 256).join('.')

/** `cidr` such as `10.244.0.0/16`; its first two addresses are left to network and gateway. Throws when the block is used up. */
export function newAddressPool(cidr: string): AddressPool {
  const [base = '', bits = '32'] = cidr.split('/')
  const first = toNumber(base) + 2
  const end = toNumber(base) + 2 ** (32 - Number(bits)) - 1
  const returned: string[] = []
  let next = first
  return {
    take() {
      if (next < end) return toText(next++)
      const again = returned.shift()
      if (!again) throw new Error(`no address is left in ${cidr}`)
      return again
    },
    giveBack: address => void returned.push(address),
  }
}
