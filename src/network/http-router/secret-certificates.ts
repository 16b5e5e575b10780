/** Certificates out of secrets, each version read once: the same secret gives the same objects, which TLS contexts are kept by. */
import type { Secret } from '../../apis/generated/core-v1.js'
import type { KeyPair } from '../../machinery/pki/certificates.js'
import { flawOf, type HostCertificate } from './certificates.js'

const textOf = (secret: Secret, key: string) => Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8')

function readPair(secret: Secret): KeyPair | string {
  const pair = { certificate: textOf(secret, 'tls.crt'), key: textOf(secret, 'tls.key') }
  if (!pair.certificate || !pair.key) return 'it has no tls.crt or no tls.key'
  const flaw = flawOf(pair)
  return flaw === undefined ? pair : `it holds no certificate with its key (${flaw})`
}

export class SecretCertificates {
  readonly #read = new WeakMap<Secret, KeyPair | string>()
  readonly #named = new WeakMap<KeyPair, Map<string, HostCertificate>>()

  constructor(private readonly find: (key: { namespace: string; name: string }) => Secret | undefined) {}

  /** A sentence where there is none. */
  of(key: { namespace: string; name: string }): KeyPair | string {
    const secret = this.find(key)
    if (!secret) return 'it is not there'
    let read = this.#read.get(secret)
    if (read === undefined) this.#read.set(secret, (read = readPair(secret)))
    return read
  }

  /** In lower case; none: for all hosts that no other is for. */
  forHosts(pair: KeyPair, hosts: readonly string[]): HostCertificate {
    let named = this.#named.get(pair)
    if (!named) this.#named.set(pair, (named = new Map()))
    const key = hosts.join(' ').toLowerCase()
    let found = named.get(key)
    if (!found) named.set(key, (found = { ...pair, hosts: hosts.map(host => host.toLowerCase()) }))
    return found
  }
}
