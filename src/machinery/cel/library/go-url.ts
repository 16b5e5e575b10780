/** URLs as Go's net/url reads them: more leniently than the WHATWG's parser, and nothing is normalized. */
import { CelError } from '../values.js'

export interface GoUrl {
  scheme: string
  host: string
  path: string
  /** Without `?`. */
  query: string
}

const isControl = (char: string) => char < ' ' || char === '\x7f'

function fail(text: string, why: string): never {
  throw new CelError(`parse ${JSON.stringify(text)}: ${why}`)
}

function badEscape(text: string): string | undefined {
  const at = /%(?![0-9a-fA-F]{2})/u.exec(text)?.index
  return at === undefined ? undefined : text.slice(at, at + 3)
}

function readHost(text: string, host: string): string {
  const port = /:([^:\]]*)$/u.exec(host.startsWith('[') ? host.slice(host.lastIndexOf(']') + 1) : host)
  if (host.startsWith('[') && !host.includes(']')) fail(text, "missing ']' in host")
  if (port && !/^\d*$/u.test(port[1]!)) fail(text, `invalid port ${JSON.stringify(`:${port[1]}`)} after host`)
  const wrongEscape = badEscape(host)
  if (wrongEscape) fail(text, `invalid URL escape ${JSON.stringify(wrongEscape)}`)
  const wrong = /[ "<>\\^`{|}]/u.exec(host)?.[0]
  if (wrong) fail(text, `invalid character ${JSON.stringify(wrong)} in host name`)
  return host
}

/** An absolute URL or an absolute path, as of a request. Throws CelError with Go's words. */
export function parseUrl(text: string): GoUrl {
  if ([...text].some(isControl)) fail(text, 'net/url: invalid control character in URL')
  if (!text) fail(text, 'empty url')
  if (text === '*') return { scheme: '', host: '', path: '*', query: '' }
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/u.exec(text)?.[1] ?? ''
  if (!scheme && text.startsWith(':')) fail(text, 'missing protocol scheme')
  const rest = scheme ? text.slice(scheme.length + 1) : text
  if (!rest.startsWith('/') && !scheme) fail(text, 'invalid URI for request')
  const [, hierarchy = '', query = ''] = /^([^?#]*)(?:\?([^#]*))?/u.exec(rest)!
  if (!hierarchy.startsWith('/')) return { scheme: scheme.toLowerCase(), host: '', path: '', query }
  const [, authority = '', path = ''] =
    (scheme || !hierarchy.startsWith('///')) && hierarchy.startsWith('//')
      ? /^\/\/([^/]*)(.*)$/su.exec(hierarchy)!
      : ['', '', hierarchy]
  const wrongEscape = badEscape(path)
  if (wrongEscape) fail(text, `invalid URL escape ${JSON.stringify(wrongEscape)}`)
  return { scheme: scheme.toLowerCase(), host: readHost(text, authority.replace(/^.*@/su, '')), path, query }
}

const mustEscape = /[^A-Za-z0-9\-_.~$&+,/:;=@!'()*%[\]]/gu

/** The path with all that needs it escaped. */
export const escapedPath = ({ path }: GoUrl): string => path.replace(mustEscape, char => encodeURIComponent(char))

export const portOf = ({ host }: GoUrl): string => /:(\d*)$/u.exec(host)?.[1] ?? ''

export const hostnameOf = ({ host }: GoUrl): string => host.replace(/:\d*$/u, '').replace(/^\[(.*)\]$/u, '$1')

/** Values by key, both unescaped; what cannot be unescaped is left out. */
export function queryOf({ query }: GoUrl): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const pair of query.split('&')) {
    if (!pair || pair.includes(';') || badEscape(pair)) continue
    const [key = '', ...rest] = pair.split('=')
    const decode = (part: string) => decodeURIComponent(part.replaceAll('+', ' '))
    try {
      const name = decode(key)
      values.set(name, [...(values.get(name) ?? []), decode(rest.join('='))])
    } catch {
      // Not UTF-8: Go keeps the bytes, which no string here can hold.
    }
  }
  return values
}
