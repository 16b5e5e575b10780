/** Certificates of Ingresses, out of the secrets that they name; what is missing or broken is told. Pure. */
import type { Ingress } from '../../apis/generated/networking-v1.js'
import type { HostCertificate } from '../http-router/certificates.js'
import type { SecretCertificates } from '../http-router/secret-certificates.js'

export interface PlannedCertificates {
  certificates: HostCertificate[]
  /** A sentence each, for an event. */
  flaws: string[]
}

/** Without hosts, a certificate is for those of the rules; without those, for all that no other has. */
export function planCertificates(
  { metadata: { namespace = '' }, spec }: Ingress,
  secrets: Pick<SecretCertificates, 'of' | 'forHosts'>,
): PlannedCertificates {
  const planned: PlannedCertificates = { certificates: [], flaws: [] }
  for (const { hosts, secretName } of spec.tls ?? []) {
    if (!secretName) continue
    const own = hosts?.length ? hosts : (spec.rules ?? []).flatMap(({ host }) => host ?? [])
    const pair = secrets.of({ namespace, name: secretName })
    if (typeof pair !== 'string') planned.certificates.push(secrets.forHosts(pair, own))
    else planned.flaws.push(`Secret ${secretName} gives no certificate: ${pair}`)
  }
  return planned
}
