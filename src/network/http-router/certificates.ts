/** Certificates by the name that clients ask for (SNI): exact names before wildcards, and one for all others. */
import { createSecureContext, type SecureContext } from 'node:tls'
import type { KeyPair } from '../../machinery/pki/certificates.js'

export interface HostCertificate extends KeyPair {
  /** In lower case: names, wildcards `*.a.test` for one label, `**.a.test` for several. Empty: for all that no other has. */
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

  #find(host: string): KeyPair | undefined {
    const [, parent = ''] = host.split(/\.(.*)/s)
    const narrow = this.#byHost.get(host) ?? this.#byHost.get(`*.${parent}`)
    if (narrow) return narrow
    for (let at = host.indexOf('.'); at >= 0; at = host.indexOf('.', at + 1)) {
      const deep = this.#byHost.get(`**${host.slice(at)}`)
      if (deep) return deep
    }
    return undefined
  }

  contextFor = (name: string): SecureContext => {
    const pair = this.#find(name.toLowerCase()) ?? this.unnamed()
    let context = this.#contexts.get(pair)
    if (!context) this.#contexts.set(pair, (context = newContext(pair)))
    return context
  }
}
