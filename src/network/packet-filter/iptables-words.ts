/** What the programs of iptables, and their rules, call things of one family of addresses: rules are planned once for both. */
import { formatCidr, parseIp } from '../../machinery/ip.js'
import { familyOf, type IpFamily } from '../../machinery/ip-family.js'

export interface IptablesWords {
  /** The program; names of others begin so: `iptables-save`, `iptables-restore`. */
  program: 'iptables' | 'ip6tables'
  /** Where only this machine reaches itself. */
  loopback: string
  /** How `REJECT` says that nothing listens. */
  portUnreachable: string
  /** Bits that addresses have in common whose rules are looked up together. */
  bucketBits: number
}

export const iptablesWords: Readonly<Record<IpFamily, IptablesWords>> = {
  IPv4: {
    program: 'iptables',
    loopback: '127.0.0.0/8',
    portUnreachable: 'icmp-port-unreachable',
    bucketBits: 24,
  },
  IPv6: {
    program: 'ip6tables',
    loopback: '::1/128',
    portUnreachable: 'icmp6-port-unreachable',
    bucketBits: 120,
  },
}

/** The address as the block of itself alone. */
export const hostBlock = (ip: string): string => `${ip}/${familyOf(ip) === 'IPv6' ? 128 : 32}`

/** Of an address, the block whose rules are looked up together. */
export function bucketOf(text: string): string {
  const ip = parseIp(text)
  return ip ? formatCidr({ ip, prefixLength: iptablesWords[familyOf(text)].bucketBits }) : hostBlock(text)
}
