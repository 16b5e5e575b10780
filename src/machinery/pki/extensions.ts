/** The extensions of our certificates, DER (RFC 5280, section 4.2). */
import { parseIp } from '../ip.js'
import { bitString, boolean, implicit, octetString, oid, sequence } from './der.js'

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value))

/** Absent fields have their defaults: no authority, no limit to the length of a path. */
export const basicConstraints = (isAuthority: boolean): Buffer =>
  extension('2.5.29.19', true, isAuthority ? sequence(boolean(true)) : sequence())

/** Bits count from the most significant one. */
const keyUsageBits = { digitalSignature: 0x80, keyEncipherment: 0x20, certificateSigning: 0x04, crlSigning: 0x02 }

export function keyUsage(...usages: readonly (keyof typeof keyUsageBits)[]): Buffer {
  const bits = usages.reduce((sum, usage) => sum | keyUsageBits[usage], 0)
  // Trailing zeros are left out: 31 - clz32 of the lowest bit that is set counts them.
  return extension('2.5.29.15', true, bitString(Buffer.from([bits]), 31 - Math.clz32(bits & -bits)))
}

const purposes = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const

export const extendedKeyUsage = (purpose: keyof typeof purposes): Buffer =>
  extension('2.5.29.37', false, sequence(oid(purposes[purpose])))

export const subjectKeyIdentifier = (identifier: Buffer): Buffer =>
  extension('2.5.29.14', false, octetString(identifier))

export const authorityKeyIdentifier = (identifier: Buffer): Buffer =>
  extension('2.5.29.35', false, sequence(implicit(0, identifier)))

const [dnsName, ipAddress] = [2, 7]

function generalName(host: string): Buffer {
  const address = parseIp(host)
  return address ? implicit(ipAddress, Buffer.from(address.bytes)) : implicit(dnsName, Buffer.from(host))
}

/** DNS names and IP addresses. */
export const subjectAltNames = (hosts: readonly string[]): Buffer =>
  extension('2.5.29.17', false, sequence(...hosts.map(generalName)))
