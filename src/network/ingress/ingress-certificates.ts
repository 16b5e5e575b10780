/** Certificates of Ingresses, out of the secrets that they name; what is missing or broken is told. */
import type { Secret } from '../../apis/generated/core-v1.js'
import type { Ingress } from '../../apis/generated/networking-v1.js'
import { flawOf, type HostCertificate } from '../http-router/certificates.js'

export interface PlannedCertificates {
  certificates: HostCertificate[]
  /** A sentence each, for an event. */
  flaws: string[]
}

const textOf = (secret: Secret, key: string) => Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8')

/** Reads secrets, each version once: the same secret gives the same object, which the TLS contexts are kept by. */
export class IngressCertificates {
  readonly #read = new WeakMap<Secret, Map<string, HostCertificate | string>>()

  constructor(private readonly find: (key: { namespace: string; name: string }) => Secret | undefined) {}

  #readPair(secret: Secret, hosts: readonly string[]): HostCertificate | string {
    const key = hosts.join(' ')
    let known = this.#read.get(secret)
    if (!known) this.#read.set(secret, (known = new Map()))
    const before = known.get(key)
    if (before) return before
    const pair = { certificate: textOf(secret, 'tls.crt'), key: textOf(secret, 'tls.key'), hosts }
    const flaw = pair.certificate && pair.key ? flawOf(pair) : 'it has no tls.crt or no tls.key'
    const read = flaw ?? pair
    known.set(key, read)
    return read
  }

  /** Without hosts, a certificate is for those of the rules; without those, for all that no other has. */
  plan({ metadata: { namespace = '' }, spec }: Ingress): PlannedCertificates {
    const planned: PlannedCertificates = { certificates: [], flaws: [] }
    for (const { hosts, secretName } of spec.tls ?? []) {
      if (!secretName) continue
      const own = hosts?.length ? hosts : (spec.rules ?? []).flatMap(({ host }) => host ?? [])
      const secret = this.find({ namespace, name: secretName })
      const read = secret
        ? this.#readPair(
            secret,
            own.map(host => host.toLowerCase()),
          )
        : 'it is not there'
      if (typeof read !== 'string') planned.certificates.push(read)
      else planned.flaws.push(`Secret ${secretName} gives no certificate: ${read}`)
    }
    return planned
  }
}
