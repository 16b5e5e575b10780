/** How long a certificate lasts and what it is good for: upstream's permissive signing policy. */
import type { CertificateSigningRequestSpec } from '../../apis/generated/certificates-v1.js'
import type { KeyPair } from '../../machinery/pki/certificates.js'
import type { ExtendedUsage, KeyUsage } from '../../machinery/pki/extensions.js'
import { authorityEnd, type Grant } from '../../machinery/pki/sign-request.js'

const minuteMs = 60_000
/** Upstream's default of --cluster-signing-duration. */
const maxLifeMs = 365 * 24 * 60 * minuteMs
const minLifeMs = 10 * minuteMs
const backdateMs = 5 * minuteMs
/** Of certificates that live shorter, the end is not moved back together with the beginning. */
const shortLifeMs = 8 * 60 * minuteMs

const keyUsages: Readonly<Record<string, KeyUsage>> = {
  signing: 'digitalSignature',
  'digital signature': 'digitalSignature',
  'content commitment': 'contentCommitment',
  'key encipherment': 'keyEncipherment',
  'key agreement': 'keyAgreement',
  'data encipherment': 'dataEncipherment',
  'cert sign': 'certificateSigning',
  'crl sign': 'crlSigning',
  'encipher only': 'encipherOnly',
  'decipher only': 'decipherOnly',
}
const extendedUsages: Readonly<Record<string, ExtendedUsage>> = {
  any: 'any',
  'server auth': 'server',
  'client auth': 'client',
  'code signing': 'codeSigning',
  'email protection': 'emailProtection',
  's/mime': 'emailProtection',
  'ipsec end system': 'ipsecEndSystem',
  'ipsec tunnel': 'ipsecTunnel',
  'ipsec user': 'ipsecUser',
  timestamping: 'timestamping',
  'ocsp signing': 'ocspSigning',
  'microsoft sgc': 'microsoftSgc',
  'netscape sgc': 'netscapeSgc',
}

const named = <T>(usages: readonly string[], known: Readonly<Record<string, T>>): T[] => [
  ...new Set(usages.flatMap(usage => known[usage] ?? [])),
]

/** `now` is in milliseconds since the epoch. Throws when the authority has ended. */
export function planGrant(spec: CertificateSigningRequestSpec, ca: KeyPair, now: number): Grant {
  const { usages = [], expirationSeconds: seconds } = spec
  const life = seconds === undefined ? maxLifeMs : Math.min(maxLifeMs, Math.max(minLifeMs, seconds * 1000))
  const end = authorityEnd(ca)
  if (now >= end) throw new Error('refusing to sign a certificate that expired in the past')
  return {
    keyUsages: named(usages, keyUsages),
    extendedUsages: named(usages, extendedUsages),
    notBefore: now - backdateMs,
    notAfter: Math.min(end, now + (life < shortLifeMs ? life : life - backdateMs)),
  }
}
