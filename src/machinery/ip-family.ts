/** Families of IP addresses, by the names that Kubernetes' API has for them. */
import { parseIp } from './ip.js'

export type IpFamily = 'IPv4' | 'IPv6'

/** What is no address counts as IPv4. */
export const familyOf = (ip: string): IpFamily => (parseIp(ip)?.family === 6 ? 'IPv6' : 'IPv4')

/** False also of what is no address. */
export const isOfFamily = (ip: string, family: IpFamily): boolean => parseIp(ip)?.family === (family === 'IPv6' ? 6 : 4)

/** As `isOfFamily`, of CIDRs. */
export const isCidrOfFamily = (cidr: string, family: IpFamily): boolean => isOfFamily(cidr.split('/')[0]!, family)
