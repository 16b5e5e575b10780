/** The path that the backend is asked for, and the path in front of it by which clients of the proxy reach the backend. */
import { posix } from 'node:path'
import type { RequestInfo } from '../request-info.js'
import { escapePath, joinPaths, toByteString } from './url-path.js'

export interface TargetPath {
  /** Empty when the request's path ends with `/proxy`: browsers are sent to the same path with a slash. */
  path: string
  /** Escaped, never empty. */
  escaped: string
  /** What stands before the backend's own paths, as a byte string. */
  prefix: string
  /** Where this page is to the client: X-Forwarded-Uri. */
  forwardedUri: string
}

/** `?` and the query as it was sent, or nothing. */
export function rawQueryOf({ url = '' }: { url?: string }): string {
  const question = url.indexOf('?')
  return question < 0 ? '' : url.slice(question)
}

const trimSuffix = (text: string, suffix: string) =>
  suffix && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text

/**
 * `/api/v1/namespaces/a/pods/p/proxy/x//y/` asks for `/x/y/`; its prefix would be `/api/v1/namespaces/a/pods/p/proxy` had
 * it been clean, and like upstream's is the whole path when it was not.
 */
export function targetPathOf({ path: requested, rest }: Pick<RequestInfo, 'path' | 'rest'>): TargetPath {
  const full = toByteString(requested)
  const asked = rest ? `/${toByteString(rest)}` : ''
  const slash = full.endsWith('/') && !asked.endsWith('/') ? '/' : ''
  const path = asked + slash && posix.normalize(asked + slash)
  const prefix = trimSuffix(full, path)
  const escaped = escapePath(path) || '/'
  // A header's value may hold no control characters.
  const forwardedUri = joinPaths(prefix, escaped).replace(/[^\x20-\x7e\x80-\xff]/g, ' ')
  return { path, escaped, prefix, forwardedUri }
}
