/** Names that tie service accounts, their tokens, users and groups together. */

/** On a token secret: the account it is for. */
export const serviceAccountNameAnnotation = 'kubernetes.io/service-account.name'
export const serviceAccountUidAnnotation = 'kubernetes.io/service-account.uid'
/** On a service account, of old: only the secrets it lists may be mounted. */
export const enforceMountableSecretsAnnotation = 'kubernetes.io/enforce-mountable-secrets'

/** The account of pods that name none; every namespace has it. */
export const defaultServiceAccountName = 'default'
export const serviceAccountUserPrefix = 'system:serviceaccount:'
export const allServiceAccountsGroup = 'system:serviceaccounts'

/** Where the token volume is mounted in containers. */
export const tokenMountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
/** The ConfigMap with the cluster's root certificate, in every namespace. */
export const rootCaConfigMapName = 'kube-root-ca.crt'

/** `system:serviceaccount:<namespace>:<name>`. */
export const serviceAccountUser = (namespace: string, name: string): string =>
  `${serviceAccountUserPrefix}${namespace}:${name}`

/** All accounts, and those of the namespace. */
export const serviceAccountGroups = (namespace: string): string[] => [
  allServiceAccountsGroup,
  `${allServiceAccountsGroup}:${namespace}`,
]

/** Undefined for a user that is no service account. */
export function parseServiceAccountUser(user: string): { namespace: string; name: string } | undefined {
  if (!user.startsWith(serviceAccountUserPrefix)) return undefined
  const [namespace, name, ...rest] = user.slice(serviceAccountUserPrefix.length).split(':')
  return namespace && name && !rest.length ? { namespace, name } : undefined
}
