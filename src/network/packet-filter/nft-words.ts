/** What nft calls things of one family of addresses: rules are planned once for both. */
import type { IpFamily } from '../../machinery/ip-family.js'

export interface NftWords {
  /** The family of tables, and what matches of addresses begin with. */
  ip: 'ip' | 'ip6'
  /** Type of sets. */
  address: 'ipv4_addr' | 'ipv6_addr'
  /** Where only this machine reaches itself. */
  loopback: string
}

export const nftWords: Readonly<Record<IpFamily, NftWords>> = {
  IPv4: { ip: 'ip', address: 'ipv4_addr', loopback: '127.0.0.0/8' },
  IPv6: { ip: 'ip6', address: 'ipv6_addr', loopback: '::1' },
}
