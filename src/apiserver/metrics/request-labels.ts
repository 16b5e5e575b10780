/** What the metrics call a request: upstream's words for its verb, its scope and its resource. */
import type { Exchange } from '../http/exchange.js'
import type { RequestInfo } from '../request-info.js'

/** In the order in which they are printed. */
export interface RequestLabels extends Readonly<Record<string, string>> {
  component: string
  group: string
  resource: string
  scope: string
  subresource: string
  verb: string
  version: string
}

const verbNames: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
  post: 'POST',
  put: 'PUT',
  head: 'GET',
}
const streams: ReadonlySet<string> = new Set(['log', 'exec', 'attach', 'portforward', 'proxy'])

/** Server-side apply is a patch of its own. */
export function verbOf(info: RequestInfo, contentType: string | undefined): string {
  if (info.isResource && streams.has(info.subresource)) return 'CONNECT'
  if (info.verb === 'patch' && contentType === 'application/apply-patch+yaml') return 'APPLY'
  return verbNames[info.verb] ?? 'other'
}

export function scopeOf({ isResource, name, namespace, verb }: RequestInfo): string {
  if (name || verb === 'create') return 'resource'
  if (namespace) return 'namespace'
  return isResource ? 'cluster' : ''
}

/** `''` unless asked for; what the server does not know is `invalid`. */
export function dryRunOf({ query }: Exchange): string {
  const values = query?.getAll('dryRun') ?? []
  if (!values.length) return ''
  return values.every(value => value === 'All') ? 'All' : 'invalid'
}

const healthPath = /^\/(?:healthz|livez|readyz)(?:\/(.+))?$/

/** Whether a health check has that name. */
export type IsHealthCheck = (name: string) => boolean

/**
 * Paths outside the API that are measured, by what the metrics call them; undefined for all others: callers make up paths, and
 * each would be a series for good.
 */
function measuredPath(
  path: string,
  isHealthCheck: IsHealthCheck,
): { component: string; subresource: string } | undefined {
  const health = healthPath.exec(path)
  if (health) return health[1] && !isHealthCheck(health[1]) ? undefined : { component: '', subresource: path }
  if (path === '/api' || path === '/apis') return { component: 'apiserver', subresource: path.slice(1) }
  if (/^\/openapi\/v[23]\/?$/.test(path)) return { component: '', subresource: path.slice(1) }
  return undefined
}

/** Undefined for what is not measured. */
export function labelsOf(info: RequestInfo, verb: string, isHealthCheck: IsHealthCheck): RequestLabels | undefined {
  const { group, version, resource, subresource, isResource, path } = info
  const scope = scopeOf(info)
  if (isResource) return { component: 'apiserver', group, resource, scope, subresource, verb, version }
  const measured = measuredPath(path, isHealthCheck)
  return measured && { ...measured, group: '', resource: '', scope, verb, version: '' }
}
