/** Which resources are stored in which form: an EncryptionConfiguration that is valid, made ready for use. */
import { aesCbc, aesGcm } from './aes.js'
import {
  type EncryptionConfiguration,
  type EncryptionKey,
  type GroupResource,
  type KmsConfiguration,
  type ProviderConfiguration,
  parseGroupResource,
  secretOf,
} from './configuration.js'
import { identity } from './identity.js'
import { secretbox } from './secretbox.js'
import { type Prefixed, PrefixTransformers, type Transformer } from './transformer.js'

/** Of a key of the configuration, such as `secrets`, `*.apps`. */
const nameOf = ({ group, resource }: GroupResource) => (group || resource === '*' ? `${resource}.${group}` : resource)

interface Algorithm {
  name: 'aescbc' | 'aesgcm' | 'secretbox'
  /** In upstream's errors. */
  label: string
  of(key: Uint8Array): Transformer
}

const algorithms: readonly Algorithm[] = [
  { name: 'aesgcm', label: 'AES', of: aesGcm },
  { name: 'aescbc', label: 'AES', of: aesCbc },
  { name: 'secretbox', label: 'Secretbox', of: secretbox },
]

function byKeys({ name, label, of }: Algorithm, keys: readonly EncryptionKey[]): Prefixed {
  const all = keys.map(key => ({ prefix: `${key.name}:`, transformer: of(secretOf(key)!) }))
  return {
    prefix: `k8s:enc:${name}:v1:`,
    transformer: new PrefixTransformers(all, `no matching key was found for the provided ${label} transformer`),
  }
}

/** Upstream's words for the first version, which takes a feature gate. */
const kmsRefusal = ({ apiVersion = 'v1' }: KmsConfiguration) =>
  new Error(
    apiVersion === 'v1'
      ? 'KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.  Set --feature-gates=KMSv1=true to use the deprecated KMSv1 feature.'
      : 'providers of keys (kms) are not known to minik8s: name keys of aescbc, aesgcm or secretbox',
  )

function prefixedOf(provider: ProviderConfiguration): Prefixed {
  for (const algorithm of algorithms) {
    const given = provider[algorithm.name]
    if (given) return byKeys(algorithm, given.keys ?? [])
  }
  if (provider.kms) throw kmsRefusal(provider.kms)
  return { prefix: '', transformer: identity }
}

export type TransformerOf = (resource: GroupResource) => Transformer

/** Throws an error in upstream's words where a rule has no effect for one before it, and for kms. */
export function resourceTransformers({ resources: rules = [] }: EncryptionConfiguration): TransformerOf {
  const chosen = new Map<string, Prefixed[]>()
  for (const { resources = [], providers = [] } of rules) {
    const all = providers.map(prefixedOf)
    for (const resource of resources.map(parseGroupResource)) {
      const name = nameOf(resource)
      const mask = [`*.${resource.group}`, '*.*'].find(rule => chosen.has(rule))
      if (mask) throw new Error(`resource ${JSON.stringify(name)} is masked by earlier rule ${JSON.stringify(mask)}`)
      chosen.set(name, [...(chosen.get(name) ?? []), ...all])
    }
  }
  const transformers = new Map(
    [...chosen].map(([name, all]) => [name, new PrefixTransformers(all, 'no matching prefix found')]),
  )
  return resource =>
    transformers.get(nameOf(resource)) ?? transformers.get(`*.${resource.group}`) ?? transformers.get('*.*') ?? identity
}
