/** What filters make of a request: another path, other headers, or an answer that sends the client elsewhere. */
import type { ClientSide } from './forwarded-headers.js'
import type { HttpFilters, HttpRule, Redirect, RequestHead, WeightedBackend } from './http-rule.js'
import { changePath } from './path-match.js'

/** The rule's own filters, and after them those of the backend that was picked. */
export function filtersOf({ filters }: HttpRule, backend: WeightedBackend | undefined): readonly HttpFilters[] {
  return [filters, backend?.filters].filter(found => found !== undefined)
}

/** One by weight; `random` is below 1. Undefined where all weigh nothing. */
export function pickBackend(backends: readonly WeightedBackend[], random: number): WeightedBackend | undefined {
  let left = random * backends.reduce((sum, { weight }) => sum + weight, 0)
  for (const backend of backends) {
    left -= backend.weight
    if (backend.weight && left < 0) return backend
  }
  return undefined
}

/** Path and query for the backend: as the client wrote them, where no filter says otherwise. */
export function targetFor(url: string, { path, query }: RequestHead, rule: HttpRule, filters: readonly HttpFilters[]) {
  const change = filters.find(({ rewritePath }) => rewritePath)?.rewritePath
  if (!change) return url
  const changed = changePath(path, change, rule.path.value)
  return query ? `${changed}?${query}` : changed
}

const defaultPorts: Record<string, number> = { http: 80, https: 443 }

/** Where a redirect leads. A port that is the scheme's own is left out. */
export function locationOf(redirect: Redirect, { path, query, host }: RequestHead, rule: HttpRule, client: ClientSide) {
  const own = client.isTls ? 'https' : 'http'
  const scheme = redirect.scheme ?? own
  // Where the scheme changes and no port is said, it is that of the scheme.
  const port = redirect.port ?? (redirect.scheme ? defaultPorts[scheme] : client.port)
  const at = port === defaultPorts[scheme] ? '' : `:${port}`
  const to = redirect.path ? changePath(path, redirect.path, rule.path.value) : path
  return `${scheme}://${redirect.host ?? host}${at}${to}${query && `?${query}`}`
}
