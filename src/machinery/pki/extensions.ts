/** The extensions of our certificates, DER (RFC 5280, section 4.2). */
import { parseIp } from '../ip.js'
import { bitString, boolean, implicit, octetString, oid, sequence } from './der.js'

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value))

/** Absent fields have their defaults: no authority, no limit to the length of a path. */
export const basicConstraints = (isAuthority: boolean): Buffer =>
  extension('2.5.29.19', true, isAuthority ? sequence(boolean(true)) : sequence())

/** Bits count from the most significant one. */
const keyUsageBits = {
  digitalSignature: 0x8000,
  contentCommitment: 0x4000,
  keyEncipherment: 0x2000,
  dataEncipherment: 0x1000,
  keyAgreement: 0x0800,
  certificateSigning: 0x0400,
  crlSigning: 0x0200,
  encipherOnly: 0x0100,
  decipherOnly: 0x0080,
}
export type KeyUsage = keyof typeof keyUsageBits

/** At least one. */
export function keyUsageOf(usages: readonly KeyUsage[]): Buffer {
  const bits = usages.reduce((sum, usage) => sum | keyUsageBits[usage], 0)
  const bytes = bits & 0xff ? [bits >> 8, bits & 0xff] : [bits >> 8]
  const last = bytes.at(-1)!
  // Trailing zeros are left out: 31 - clz32 of the lowest bit that is set counts them.
  return extension('2.5.29.15', true, bitString(Buffer.from(bytes), 31 - Math.clz32(last & -last)))
}

const purposes = {
  any: '2.5.29.37.0',
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  ipsecEndSystem: '1.3.6.1.5.5.7.3.5',
  ipsecTunnel: '1.3.6.1.5.5.7.3.6',
  ipsecUser: '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  microsoftSgc: '1.3.6.1.4.1.311.10.3.3',
  netscapeSgc: '2.16.840.1.113730.4.1',
} as const
export type ExtendedUsage = keyof typeof purposes

/** In upstream's order, whatever the order they are named in. */
export const extendedKeyUsages = (usages: readonly ExtendedUsage[]): Buffer => {
  const ids = (Object.keys(purposes) as ExtendedUsage[]).filter(purpose => usages.includes(purpose))
  return extension('2.5.29.37', false, sequence(...ids.map(purpose => oid(purposes[purpose]))))
}

export const subjectKeyIdentifier = (identifier: Buffer): Buffer =>
  extension('2.5.29.14', false, octetString(identifier))

export const authorityKeyIdentifier = (identifier: Buffer): Buffer =>
  extension('2.5.29.35', false, sequence(implicit(0, identifier)))

const [dnsName, ipAddress] = [2, 7]

function generalName(host: string): Buffer {
  const address = parseIp(host)
  return address ? implicit(ipAddress, Buffer.from(address.bytes)) : implicit(dnsName, Buffer.from(host))
}

/** `names` is the DER of the general names. */
export const subjectAltNamesOf = (names: Buffer, critical: boolean): Buffer => extension('2.5.29.17', critical, names)

/** DNS names and IP addresses. */
export const subjectAltNames = (hosts: readonly string[]): Buffer =>
  subjectAltNamesOf(sequence(...hosts.map(generalName)), false)
