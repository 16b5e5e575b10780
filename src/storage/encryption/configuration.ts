/** The EncryptionConfiguration (apiserver.config.k8s.io/v1): which resources are encrypted at rest, and by what. */

export interface EncryptionKey {
  name?: string
  /** The key itself, in base64. */
  secret?: string
}

interface KeyList {
  keys?: readonly EncryptionKey[]
}

export interface KmsConfiguration {
  apiVersion?: string
  name?: string
  cachesize?: number
  endpoint?: string
  timeout?: string
}

/** Exactly one of them. */
export interface ProviderConfiguration {
  aesgcm?: KeyList | null
  aescbc?: KeyList | null
  secretbox?: KeyList | null
  identity?: object | null
  kms?: KmsConfiguration | null
}

export interface ResourceConfiguration {
  /** `secrets`, `deployments.apps`, `*.apps`, `*.` for the core group, or `*.*`. */
  resources?: readonly string[]
  /** The first one writes; all of them read. */
  providers?: readonly ProviderConfiguration[]
}

export interface EncryptionConfiguration {
  resources?: readonly ResourceConfiguration[]
}

export interface GroupResource {
  group: string
  resource: string
}

/** As upstream's ParseGroupResource: the group begins behind the first dot. */
export function parseGroupResource(text: string): GroupResource {
  const dot = text.indexOf('.')
  return dot < 0 ? { group: '', resource: text } : { group: text.slice(dot + 1), resource: text.slice(0, dot) }
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Undefined for what is no base64. */
export function secretOf({ secret = '' }: EncryptionKey): Buffer | undefined {
  const text = secret.replace(/[\r\n]/g, '')
  return base64.test(text) ? Buffer.from(text, 'base64') : undefined
}
