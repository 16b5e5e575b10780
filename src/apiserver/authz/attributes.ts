/** What an authorizer is asked, and what it answers. */
import type { UserInfo } from '../../machinery/request.js'
import { StatusError } from '../../machinery/status-error.js'

export interface Attributes {
  user: UserInfo
  verb: string
  /** False: only `verb` and `path` count. */
  isResource: boolean
  group: string
  version: string
  resource: string
  subresource: string
  /** `''` at the cluster scope. */
  namespace: string
  /** `''` where the request names no object. */
  name: string
  path: string
  /** Of a list, watch or deletecollection. */
  fieldSelector?: string
}

/** `reason` is shown to the client when it says more than "no". */
export interface Decision {
  allowed: boolean
  reason: string
}

/** Undefined: no opinion, ask the next. */
export type Authorizer = (attributes: Attributes) => Decision | undefined | Promise<Decision | undefined>

/** Attributes of a resource request; what is left out is empty. */
export const resourceAttributes = (
  user: UserInfo,
  given: Partial<Attributes> & Pick<Attributes, 'verb' | 'resource'>,
): Attributes => ({
  isResource: true,
  group: '',
  version: '*',
  subresource: '',
  namespace: '',
  name: '',
  path: '',
  ...given,
  user,
})

// Errors must not look like HTML to a browser that is shown one.
const sanitize = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

function sentence({ user, verb, isResource, path, group, resource, subresource, namespace }: Attributes): string {
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`
  if (!isResource) return `${who} path ${JSON.stringify(path)}`
  const what = `resource "${subresource ? `${resource}/${subresource}` : resource}" in API group "${group}"`
  return namespace ? `${who} ${what} in the namespace "${namespace}"` : `${who} ${what} at the cluster scope`
}

/** A refusal of the authorizers, as opposed to one of admission: browsers are told not to guess its type. */
export class ForbiddenRequest extends StatusError {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof StatusError && value.constructor === ForbiddenRequest
  }
}

/** Upstream's 403 for a request that no authorizer allows. */
export function forbiddenRequest(attributes: Attributes, reason: string): ForbiddenRequest {
  const { group, resource, name } = attributes
  const why = sanitize(sentence(attributes)) + (reason ? `: ${reason}` : '')
  if (!resource) return new ForbiddenRequest(403, 'Forbidden', `forbidden: ${why}`, {})
  const qualified = group ? `${resource}.${group}` : resource
  return new ForbiddenRequest(403, 'Forbidden', `${qualified}${name ? ` "${name}"` : ''} is forbidden: ${why}`, {
    ...(name && { name }),
    ...(group && { group }),
    kind: resource,
  })
}
