/** URLs in a backend's answers, turned so that they lead through the proxy. */
import { badEscape, escapePath, joinPaths, unescapePath } from './url-path.js'

export interface RewriteContext {
  /** `host:port` of the backend as we know it. */
  backendHost: string
  /** The `Host` that the client asked. */
  requestHost: string
  /** What stands before the backend's paths; a byte string. */
  prefix: string
}

/** The URL is none; the message is Go's. */
export class BadUrl extends Error {}

interface UrlParts {
  /** `http:`, or empty. */
  scheme: string
  host: string
  path: string
  /** Query and fragment, with their marks. */
  tail: string
}

/** `[scheme:][//[user@]host]path[?query][#fragment]`. */
const urlPattern = /^([A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/(?:[^/?#]*@)?([^/?#]*))?([^?#]*)(.*)$/s

function parse(url: string): UrlParts {
  const [, scheme = '', host = '', path = '', tail = ''] = urlPattern.exec(url)!
  const bad = badEscape(path)
  if (bad) throw new BadUrl(`parse ${JSON.stringify(url)}: invalid URL escape ${JSON.stringify(bad)}`)
  return { scheme, host, path, tail }
}

/**
 * An absolute path on the backend gets the proxy's prefix: `/x` becomes `/api/v1/…/proxy/x`. Relative ones, and those of
 * other hosts, stay as they are. Takes and gives byte strings; throws BadUrl.
 */
export function rewriteUrl(url: string, { backendHost, requestHost, prefix }: RewriteContext): string {
  const { scheme, host, path, tail } = parse(url)
  if (host && host !== backendHost && host !== requestHost) return url
  if (!path.startsWith('/')) return url
  const site = host && host === requestHost ? `${scheme}//${host}` : ''
  const plain = unescapePath(path)
  if (plain.startsWith(prefix)) return site + path + tail
  return site + escapePath(joinPaths(prefix, plain)) + tail
}
