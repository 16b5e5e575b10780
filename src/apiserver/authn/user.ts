/** Names and groups that Kubernetes gives to identities. */
import { isDns1123Label, isDns1123Subdomain } from '../../machinery/names.js'
import type { UserInfo } from '../../machinery/request.js'

export const authenticatedGroup = 'system:authenticated'
export const unauthenticatedGroup = 'system:unauthenticated'

export const anonymous: UserInfo = { name: 'system:anonymous', groups: [unauthenticatedGroup] }

/** Who the server's own parts act as. */
export const loopback: UserInfo = { name: 'system:apiserver', groups: ['system:masters', authenticatedGroup] }

const accountPrefix = 'system:serviceaccount:'

export const serviceAccountGroups = (namespace: string): string[] => [
  'system:serviceaccounts',
  `system:serviceaccounts:${namespace}`,
]

export const serviceAccountUserName = (namespace: string, name: string): string =>
  `${accountPrefix}${namespace}:${name}`

/** The account behind a user name; undefined when it is not one of a service account. */
export function parseServiceAccountUserName(user: string): { namespace: string; name: string } | undefined {
  if (!user.startsWith(accountPrefix)) return undefined
  const [namespace, name, ...more] = user.slice(accountPrefix.length).split(':')
  if (!namespace || !name || more.length) return undefined
  return isDns1123Label(namespace).length || isDns1123Subdomain(name).length ? undefined : { namespace, name }
}
