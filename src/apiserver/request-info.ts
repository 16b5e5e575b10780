/** Reads from method, path and query what a request is about: upstream's RequestInfo. The only parser of resource paths. */

import { booleanOf } from '../machinery/query-values.js'
import { badRequest } from '../machinery/status-error.js'

export interface RequestInfo {
  /** False for /healthz, /version, discovery and the like: then only `verb` and `path` mean something. */
  isResource: boolean
  /** Decoded, without query. */
  path: string
  /** Kubernetes' verb, or the lower-case method of a non-resource request. */
  verb: string
  group: string
  version: string
  namespace: string
  resource: string
  subresource: string
  /** Also set for a list or watch whose field selector asks for exactly one name. */
  name: string
  /** What follows the subresource, for proxies; without a leading slash. */
  rest: string
}

/** Of a request that nobody has looked at. */
export const unreadRequest: Readonly<RequestInfo> = {
  isResource: false,
  path: '',
  verb: '',
  group: '',
  version: '',
  namespace: '',
  resource: '',
  subresource: '',
  name: '',
  rest: '',
}

const verbOfMethod: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Segments after a namespace's name that are its own subresources and not resources inside it. */
const namespaceSubresources: ReadonlySet<string> = new Set(['status', 'finalize'])

function decodePath(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    throw badRequest(`invalid URL escape in path ${JSON.stringify(path)}`)
  }
}

/** The name that `metadata.name=x` asks for, when the selector can match no other. */
export function nameOfFieldSelector(selector: string | null): string {
  if (!selector) return ''
  for (const term of selector.split(',')) {
    const match = /^metadata\.name==?([^!=]+)$/.exec(term.trim())
    if (match?.[1] && !match[1].includes('/')) return match[1]
  }
  return ''
}

/** Throws 400 for a path that cannot be decoded or breaks off after a special verb. */
export function parseRequestInfo(method: string, rawPath: string, query: URLSearchParams | undefined): RequestInfo {
  const path = decodePath(rawPath)
  const info: RequestInfo = { ...unreadRequest, path, verb: method.toLowerCase() }
  const parts = splitPath(path)
  const grouped = parts[0] === 'apis'
  if (!grouped && parts[0] !== 'api') return info
  let at = grouped ? 3 : 2
  if (parts.length <= at) return info
  info.isResource = true
  info.group = grouped ? parts[1]! : ''
  info.version = parts[at - 1]!
  info.verb = verbOfMethod[method] ?? ''
  if (parts[at] === 'watch' || parts[at] === 'proxy') {
    if (parts.length < at + 2) throw badRequest(`unable to determine kind and namespace from url, ${path}`)
    info.verb = parts[at]!
    at++
  }
  if (parts[at] === 'namespaces' && parts.length > at + 1) {
    info.namespace = parts[at + 1]!
    if (parts.length > at + 2 && !namespaceSubresources.has(parts[at + 2]!)) at += 2
  }
  info.resource = parts[at] ?? ''
  info.name = parts[at + 1] ?? ''
  if (info.verb !== 'proxy') info.subresource = parts[at + 2] ?? ''
  if (parts.length > at + 3) info.rest = parts.slice(at + 3).join('/')
  if (!info.name) completeCollectionVerb(info, query)
  return info
}

function completeCollectionVerb(info: RequestInfo, query: URLSearchParams | undefined): void {
  if (info.verb === 'delete') info.verb = 'deletecollection'
  if (info.verb !== 'get') return
  info.verb = query && booleanOf(query, 'watch') ? 'watch' : 'list'
  if (query) info.name = nameOfFieldSelector(query.get('fieldSelector'))
}

function splitPath(path: string): string[] {
  let start = 0
  let end = path.length
  while (path[start] === '/') start++
  while (end > start && path[end - 1] === '/') end--
  return start === end ? [] : path.slice(start, end).split('/')
}

const longRunningSubresources: ReadonlySet<string> = new Set(['attach', 'exec', 'proxy', 'log', 'portforward'])

/** Watches, streams and proxies: neither counted against the limits on requests in flight nor timed out. */
export const isLongRunning = (info: RequestInfo): boolean =>
  info.isResource && (info.verb === 'watch' || info.verb === 'proxy' || longRunningSubresources.has(info.subresource))
