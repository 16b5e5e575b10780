/** `Impersonate-*` headers: lets one who is allowed to act as another user. */
import type { IncomingHttpHeaders } from 'node:http'
import type { UserInfo } from '../../machinery/request.js'
import type { Attributes } from '../authz/attributes.js'
import { resourceAttributes } from '../authz/attributes.js'
import { type Authorize, requireAllowed } from '../authz/authorizer.js'
import { decodeExtraKey, headerValues } from './header-values.js'
import {
  anonymous,
  authenticatedGroup,
  parseServiceAccountUserName,
  serviceAccountGroups,
  unauthenticatedGroup,
} from './user.js'

const extraPrefix = 'impersonate-extra-'
const authenticationGroup = 'authentication.k8s.io'

/** Headers that cannot be honoured; upstream answers 500 in plain text. */
export class ImpersonationError extends Error {}

interface Wanted {
  user: string
  groups: string[]
  uid: string
  extra: Record<string, string[]>
}

/** Go's print of the object references that upstream makes of the headers. */
function describe({ groups, uid, extra }: Wanted): string[] {
  const api = 'authentication.k8s.io/v1'
  return [
    ...groups.map(name => `{Group  ${name}    }`),
    ...Object.entries(extra).flatMap(([key, values]) => values.map(value => `{UserExtra  ${value}  ${api}  ${key}}`)),
    ...(uid ? [`{UID  ${uid}  ${api}  }`] : []),
  ]
}

function readHeaders(headers: IncomingHttpHeaders, raw: readonly string[]): Wanted | undefined {
  const wanted: Wanted = { user: '', groups: [], uid: '', extra: {} }
  for (const name of Object.keys(headers)) {
    if (!name.startsWith('impersonate-')) continue
    const values = headerValues(raw, name)
    if (name === 'impersonate-user') wanted.user = values[0] ?? ''
    else if (name === 'impersonate-group') wanted.groups = values
    else if (name === 'impersonate-uid') wanted.uid = values[0] ?? ''
    else if (name.startsWith(extraPrefix)) wanted.extra[decodeExtraKey(name.slice(extraPrefix.length))] = values
  }
  const more = wanted.groups.length || wanted.uid || Object.keys(wanted.extra).length
  if (more && !wanted.user)
    throw new ImpersonationError(`requested [${describe(wanted).join(' ')}] without impersonating a user`)
  return wanted.user ? wanted : undefined
}

function* checksFor({
  user,
  groups,
  uid,
  extra,
}: Wanted): Generator<Pick<Attributes, 'verb' | 'resource'> & Partial<Attributes>> {
  const verb = 'impersonate'
  const account = parseServiceAccountUserName(user)
  if (account) yield { verb, resource: 'serviceaccounts', ...account, version: '' }
  else yield { verb, resource: 'users', name: user, version: '' }
  for (const name of groups) yield { verb, resource: 'groups', name, version: '' }
  const inGroup = { verb, group: authenticationGroup, version: 'v1' }
  for (const [key, values] of Object.entries(extra))
    for (const name of values) yield { ...inGroup, resource: 'userextras', subresource: key, name }
  if (uid) yield { ...inGroup, resource: 'uids', name: uid }
}

function groupsOf({ user, groups }: Wanted): string[] {
  const account = parseServiceAccountUserName(user)
  const all = !groups.length && account ? serviceAccountGroups(account.namespace) : [...groups]
  if (user === anonymous.name) return all.includes(unauthenticatedGroup) ? all : [...all, unauthenticatedGroup]
  return all.includes(authenticatedGroup) || all.includes(unauthenticatedGroup) ? all : [...all, authenticatedGroup]
}

/** The user to go on with: the one asked for, once each part of it is allowed. Throws 403, or ImpersonationError. */
export async function impersonate(
  request: { headers: IncomingHttpHeaders; rawHeaders: readonly string[] },
  user: UserInfo,
  authorize: Authorize,
): Promise<UserInfo> {
  const wanted = readHeaders(request.headers, request.rawHeaders)
  if (!wanted) return user
  for (const check of checksFor(wanted)) await requireAllowed(authorize, resourceAttributes(user, check))
  for (const name of Object.keys(request.headers)) if (name.startsWith('impersonate-')) delete request.headers[name]
  return {
    name: wanted.user,
    groups: groupsOf(wanted),
    ...(wanted.uid && { uid: wanted.uid }),
    ...(Object.keys(wanted.extra).length && { extra: wanted.extra }),
  }
}

/** Cheap check that spares most requests the above. */
export function asksForImpersonation(headers: IncomingHttpHeaders): boolean {
  for (const name in headers) if (name.startsWith('impersonate-')) return true
  return false
}
