/** What may be wrong with an EncryptionConfiguration, in upstream's words. Secrets are not shown. */
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import {
  type EncryptionConfiguration,
  type EncryptionKey,
  type GroupResource,
  type ProviderConfiguration,
  parseGroupResource,
  secretOf,
} from './configuration.js'

const aesKeySizes = [16, 24, 32]
const secretboxKeySizes = [32]
/** Records of the server's own. */
const nonRest = new Set(['apiserveripinfo', 'serviceipallocations', 'servicenodeportallocations'])

const providerNames = { aesgcm: 'AESGCM', aescbc: 'AESCBC', secretbox: 'Secretbox', identity: 'Identity', kms: 'KMS' }
type ProviderName = keyof typeof providerNames
const namesOfProviders = Object.keys(providerNames) as ProviderName[]

const same = (a: GroupResource, b: GroupResource) => a.group === b.group && a.resource === b.resource

/** Whether the one makes the other superfluous in one list; what is there twice does so only by its wildcard. */
const overlaps = (a: GroupResource, b: GroupResource) =>
  (a.group === '*' && a.resource === '*') || (a.group === b.group && (a.resource === '*' || b.resource === '*'))

function listErrors(resources: readonly string[], field: string): FieldError[] {
  const parsed = resources.map(parseGroupResource)
  const pairs = parsed.flatMap((a, i) => parsed.flatMap((b, j) => (i === j ? [] : [[a, b] as const])))
  const firstSame = pairs.findIndex(([a, b]) => same(a, b))
  const errors: FieldError[] = []
  if (firstSame >= 0) errors.push(invalid(field, resources, 'the same resource cannot be specified multiple times'))
  if (pairs.some(([a, b], i) => i !== firstSame && overlaps(a, b)))
    errors.push(
      invalid(
        field,
        resources,
        "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked",
      ),
    )
  return errors
}

/** Why no resource may be named so; undefined when it may. */
function nameFlaw(name: string): string | undefined {
  const { group, resource } = parseGroupResource(name)
  if (name !== name.toLowerCase()) return 'resource name should not contain capital letters'
  if (name === '*') return "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources"
  if (nonRest.has(name)) return 'resources which do not have REST API/s cannot be encrypted'
  if (group === 'events.k8s.io')
    return "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file"
  if (group === 'extensions') return "'extensions' group has been removed and cannot be used for encryption"
  if (group === '*' && resource !== '*') return 'encrypting the same resource across groups is not supported'
  return undefined
}

function keyErrors(key: EncryptionKey, field: string, sizes: readonly number[]): FieldError[] {
  const errors: FieldError[] = []
  if (!key.name) errors.push(required(`${field}.name`, 'name is a mandatory field for a key'))
  if (!key.secret) return [...errors, required(`${field}.secret`, 'secret is a mandatory field for a key')]
  const secret = secretOf(key)
  const flaw = !secret
    ? 'secrets must be base64 encoded'
    : !sizes.includes(secret.length) &&
      `secret is not of the expected length, got ${secret.length}, expected one of [${sizes.join(' ')}]`
  if (flaw) errors.push(invalid(`${field}.secret`, 'REDACTED', flaw))
  return errors
}

function keysErrors(keys: readonly EncryptionKey[] = [], field: string, sizes: readonly number[]): FieldError[] {
  if (!keys.length) return [required(field, 'at least one keys is required')]
  return keys.flatMap((key, i) => keyErrors(key, `${field}[${i}]`, sizes))
}

/** As upstream prints it, but for the secrets. */
function shown(provider: ProviderConfiguration): object {
  const entries = namesOfProviders.map(name => {
    const given = provider[name] as { keys?: readonly EncryptionKey[] } | null | undefined
    const keys = given?.keys?.map(key => ({ Name: key.name ?? '', Secret: 'REDACTED' }))
    return [providerNames[name], given ? { ...(keys && { Keys: keys }) } : null]
  })
  return Object.fromEntries(entries)
}

function providerErrors(provider: ProviderConfiguration, field: string): FieldError[] {
  const given = namesOfProviders.filter(name => provider[name])
  const errors: FieldError[] = []
  if (!given.length)
    errors.push(
      invalid(
        field,
        shown(provider),
        'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity',
      ),
    )
  if (given.length > 1)
    errors.push(
      invalid(
        field,
        shown(provider),
        'more than one provider specified in a single element, should split into different list elements',
      ),
    )
  const { aesgcm, aescbc, secretbox, kms } = provider
  if (kms) return errors
  if (aesgcm) return [...errors, ...keysErrors(aesgcm.keys, `${field}.aesgcm.keys`, aesKeySizes)]
  if (aescbc) return [...errors, ...keysErrors(aescbc.keys, `${field}.aescbc.keys`, aesKeySizes)]
  if (secretbox) return [...errors, ...keysErrors(secretbox.keys, `${field}.secretbox.keys`, secretboxKeySizes)]
  return errors
}

/** In upstream's order. */
export function validateEncryptionConfiguration({ resources: rules = [] }: EncryptionConfiguration): FieldError[] {
  if (!rules.length) return [required('resources', 'at least one resources is required')]
  return rules.flatMap(({ resources = [], providers = [] }, i) => {
    const field = `resources[${i}]`
    const atLeastOne = (list: readonly unknown[], path: string) =>
      list.length ? [] : [required(path, `at least one ${path} is required`)]
    return [
      ...atLeastOne(resources, `${field}.resources`),
      ...listErrors(resources, `${field}.resources`),
      ...resources.flatMap((name, j) => {
        const flaw = nameFlaw(name)
        return flaw ? [invalid(`${field}.resources[${j}]`, name, flaw)] : []
      }),
      ...atLeastOne(providers, `${field}.providers`),
      ...providers.flatMap((provider, j) => providerErrors(provider, `${field}.providers[${j}]`)),
    ]
  })
}
