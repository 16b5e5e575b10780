/** Accounts may say that their pods use only the secrets they list (`kubernetes.io/enforce-mountable-secrets`). */
import type { Container, Pod } from '../../apis/generated/core-v1.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'

interface SecretLists extends KubernetesObject {
  secrets?: { name?: string }[]
  imagePullSecrets?: { name?: string }[]
}

/** Go's strconv.ParseBool. */
const trueTexts = ['1', 't', 'T', 'true', 'TRUE', 'True']

export const enforcesMountableSecrets = ({ metadata }: KubernetesObject): boolean =>
  trueTexts.includes(metadata.annotations?.['kubernetes.io/enforce-mountable-secrets'] ?? '')

function* secretsOf(container: Container, what: string): Generator<readonly [secret: string, where: string]> {
  for (const { name, valueFrom } of container.env ?? []) {
    const { secretKeyRef } = valueFrom ?? {}
    if (secretKeyRef) yield [secretKeyRef.name ?? '', `${what} ${container.name} with envVar ${name} referencing`]
  }
  for (const { secretRef } of container.envFrom ?? [])
    if (secretRef) yield [secretRef.name ?? '', `${what} ${container.name} with envFrom referencing`]
}

function* references({ volumes = [], initContainers = [], containers = [] }: NonNullable<Pod['spec']>) {
  for (const { secret } of volumes) if (secret) yield [secret.secretName ?? '', 'volume with'] as const
  for (const container of initContainers) yield* secretsOf(container, 'init container')
  for (const container of containers) yield* secretsOf(container, 'container')
}

/** The first secret that the account does not list, in upstream's words; undefined when there is none. */
export function unlistedSecret(spec: NonNullable<Pod['spec']>, account: SecretLists): string | undefined {
  const why = (what: string) =>
    `is not allowed because service account ${account.metadata.name} does not reference that ${what}`
  const listed = (list: SecretLists['secrets'], name: string) => list?.some(secret => secret.name === name) ?? false
  for (const [name, where] of references(spec))
    if (!listed(account.secrets, name)) return `${where} secret.secretName="${name}" ${why('secret')}`
  for (const [index, { name = '' }] of (spec.imagePullSecrets ?? []).entries())
    if (!listed(account.imagePullSecrets, name))
      return `imagePullSecrets[${index}].name="${name}" ${why('imagePullSecret')}`
  return undefined
}

/** The same of containers that come later, whose account is the pod's own. */
export function unlistedEphemeralSecret({ ephemeralContainers = [] }: NonNullable<Pod['spec']>, account: SecretLists) {
  for (const container of ephemeralContainers)
    for (const [name, where] of secretsOf(container as unknown as Container, 'ephemeral container'))
      if (!account.secrets?.some(secret => secret.name === name))
        return `${where} secret.secretName="${name}" is not allowed because service account ${account.metadata.name} does not reference that secret`
  return undefined
}
