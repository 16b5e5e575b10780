/** The URL path and query of a request to the API. */
import type { KindRef } from '../machinery/kind.js'
import type { ListOptions, WriteOptions } from '../machinery/request.js'

export interface ResourceAddress {
  namespace?: string
  name?: string
  subresource?: string
}

/** `/api/v1/namespaces/default/pods/web/log` or `/apis/apps/v1/deployments`. */
export function resourcePath(kind: Pick<KindRef, 'group' | 'version' | 'names'>, address: ResourceAddress): string {
  const { namespace, name, subresource } = address
  const parts = kind.group ? ['apis', kind.group, kind.version] : ['api', kind.version]
  if (namespace) parts.push('namespaces', namespace)
  parts.push(kind.names.plural)
  if (name) parts.push(name)
  if (subresource) parts.push(...subresource.split('/'))
  return `/${parts.map(encodeURIComponent).join('/')}`
}

/** `?a=1&b=2`, or nothing. */
export function queryOf(values: Record<string, string | number | boolean | undefined>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value))
  const text = query.toString()
  return text && `?${text}`
}

export const listQuery = (options: ListOptions, watch = false): string =>
  queryOf({ ...options, ...(watch && { watch: true }) })

export const writeQuery = ({ dryRun, ...options }: WriteOptions): string =>
  queryOf({ ...options, ...(dryRun && { dryRun: 'All' }) })
