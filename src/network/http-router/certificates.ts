/** Certificates by the name that clients ask for (SNI): exact names before wildcards, and one for all others. */
import { createSecureContext, type SecureContext } from 'node:tls'
import type { KeyPair } from '../../machinery/pki/certificates.js'

export interface HostCertificate extends KeyPair {
  /** Names and wildcards in lower case; empty: for all that no other has. */
  hosts: readonly string[]
}

/** Throws where the pair is none. */
const newContext = ({ certificate, key }: KeyPair) => createSecureContext({ cert: certificate, key })

/** What is wrong with a pair; undefined: nothing. */
export function flawOf(pair: KeyPair): string | undefined {
  try {
    newContext(pair)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

export class Certificates {
  #byHost = new Map<string, KeyPair>()
  /** Contexts are made when they are first asked for, and kept as long as their certificate is in use. */
  #contexts = new WeakMap<KeyPair, SecureContext>()

  constructor(private readonly fallback: () => KeyPair) {}

  /** Replaces them all; the first for a host counts. Pairs are to be whole, and the same objects as long as they are the same. */
  set(certificates: readonly HostCertificate[]): void {
    this.#byHost = new Map()
    for (const pair of certificates)
      for (const host of pair.hosts.length ? pair.hosts : [''])
        if (!this.#byHost.has(host)) this.#byHost.set(host, pair)
  }

  /** For clients that name no host. */
  unnamed = (): KeyPair => this.#byHost.get('') ?? this.fallback()

  /** Wildcards stand for one label, as in certificates. */
  contextFor = (name: string): SecureContext => {
    const host = name.toLowerCase()
    const [, parent = ''] = host.split(/\.(.*)/s)
    const pair = this.#byHost.get(host) ?? this.#byHost.get(`*.${parent}`) ?? this.unnamed()
    let context = this.#contexts.get(pair)
    if (!context) this.#contexts.set(pair, (context = newContext(pair)))
    return context
  }
}
