/** The path and query that a call of this process would have over HTTP. */
import type { ApiRequest } from '../../machinery/request.js'

/** What each option is called in a query; `dryRun` is a list there. */
function queryOf({ verb, list = {}, write = {}, delete: options = {} }: ApiRequest): URLSearchParams {
  const query = new URLSearchParams()
  const { dryRun, ...rest } = write
  const given = { ...list, ...rest, ...(verb === 'watch' && { watch: true }) }
  for (const [name, value] of Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1)))
    if (value !== undefined && value !== '') query.append(name, String(value))
  if (dryRun || options.dryRun?.length) query.append('dryRun', 'All')
  return query
}

export function uriOf(request: ApiRequest): string {
  const { group, version, namespace, resource, name, subresource } = request
  const isNamespace = resource === 'namespaces' && !group
  const parts = [
    ...(group ? ['apis', group] : ['api']),
    version,
    ...(namespace && !isNamespace ? ['namespaces', namespace] : []),
    ...[resource, name, subresource].filter(part => part),
  ]
  const query = queryOf(request).toString()
  return `/${parts.map(part => encodeURIComponent(part ?? '')).join('/')}${query && `?${query}`}`
}
