/** URLs as Go's net/url reads them, as far as validation looks at them; `new URL` would mend what Go refuses. */

export interface GoUrl {
  scheme: string
  host: string
  /** `name:password`, undefined where there is none. */
  user: string | undefined
  query: string
  fragment: string
}

const quote = (text: string): string => JSON.stringify(text)
const badEscape = (text: string): string | undefined => /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text)?.[0]

function splitScheme(text: string): [scheme: string, rest: string] {
  const match = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)
  if (match) return [match[1]!.toLowerCase(), text.slice(match[0].length)]
  if (text.startsWith(':')) throw new Error('missing protocol scheme')
  return ['', text]
}

function checkHost(host: string): void {
  if (host.startsWith('[') && !host.includes(']')) throw new Error("missing ']' in host")
  const port = /:[^\]]*$/.exec(host)?.[0]
  if (port !== undefined && !/^:\d*$/.test(port)) throw new Error(`invalid port ${quote(port)} after host`)
  const bad = /[ "<>^`{|}\\]/.exec(host)?.[0]
  if (bad) throw new Error(`invalid character ${quote(bad)} in host name`)
  const percent = /%.{0,2}/s.exec(host)?.[0]
  if (percent) throw new Error(`invalid URL escape ${quote(percent)}`)
}

function parse(text: string): GoUrl {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what Go refuses
  if (/[\x00-\x1f\x7f]/.test(text)) throw new Error('net/url: invalid control character in URL')
  const hash = text.indexOf('#')
  const [whole, fragment] = hash < 0 ? [text, ''] : [text.slice(0, hash), text.slice(hash + 1)]
  const [scheme, afterScheme] = splitScheme(whole)
  const mark = afterScheme.indexOf('?')
  const [rest, query] = mark < 0 ? [afterScheme, ''] : [afterScheme.slice(0, mark), afterScheme.slice(mark + 1)]
  if (!rest.startsWith('/') && !scheme && rest.split('/')[0]!.includes(':'))
    throw new Error('first path segment in URL cannot contain colon')
  const authority = rest.startsWith('//') ? rest.slice(2).split('/')[0]! : ''
  const at = authority.lastIndexOf('@')
  const host = authority.slice(at + 1)
  checkHost(host)
  const path = rest.startsWith('//') ? rest.slice(2 + authority.length) : rest
  const bad = badEscape(path) ?? badEscape(fragment)
  if (bad !== undefined && (scheme === '' || rest.startsWith('/'))) throw new Error(`invalid URL escape ${quote(bad)}`)
  return { scheme, host, user: at < 0 ? undefined : authority.slice(0, at), query, fragment }
}

/** Throws an Error with Go's words, such as `parse ":": missing protocol scheme`. */
export function parseGoUrl(text: string): GoUrl {
  try {
    return parse(text)
  } catch (error) {
    throw new Error(`parse ${quote(text)}: ${(error as Error).message}`)
  }
}
