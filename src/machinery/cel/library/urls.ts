/** `url()`: addresses of the web as values. */
import { defineFunction, type FunctionDeclaration } from '../declarations.js'
import { CelError, EntryMap, type ExtensionValue, newList, type Value } from '../values.js'
import { escapedPath, type GoUrl, hostnameOf, parseUrl, portOf, queryOf } from './go-url.js'

class UrlValue implements ExtensionValue {
  readonly typeName = 'kubernetes.URL'
  constructor(
    readonly url: GoUrl,
    private readonly text: string,
  ) {}
  equals(other: ExtensionValue): boolean {
    return other instanceof UrlValue && this.text === other.text
  }
}

function read(text: string): UrlValue {
  try {
    return new UrlValue(parseUrl(text), text)
  } catch (error) {
    throw new CelError(`URL parse error during conversion from string: ${(error as CelError).message}`)
  }
}

function isUrl(text: string): boolean {
  try {
    parseUrl(text)
    return true
  } catch {
    return false
  }
}

function queryValue(url: GoUrl): Value {
  const map = new EntryMap()
  for (const [key, values] of queryOf(url)) map.set(key, newList(values))
  return map
}

const type = 'struct:kubernetes.URL'
const part = (name: string, id: string, of: (url: GoUrl) => string) =>
  defineFunction(name, [`url_get_${id}: ${type}.() -> string`], value =>
    value instanceof UrlValue ? of(value.url) : undefined,
  )

export const urls: readonly FunctionDeclaration[] = [
  defineFunction('url', [`string_to_url: (string) -> ${type}`], text =>
    typeof text === 'string' ? read(text) : undefined,
  ),
  defineFunction('isURL', ['is_url_string: (string) -> bool'], text =>
    typeof text === 'string' ? isUrl(text) : undefined,
  ),
  part('getScheme', 'scheme', ({ scheme }) => scheme),
  part('getHost', 'host', ({ host }) => host),
  part('getHostname', 'hostname', hostnameOf),
  part('getPort', 'port', portOf),
  part('getEscapedPath', 'escaped_path', escapedPath),
  defineFunction('getQuery', [`url_get_query: ${type}.() -> map(string, list(string))`], value =>
    value instanceof UrlValue ? queryValue(value.url) : undefined,
  ),
]
