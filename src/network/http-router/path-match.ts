/** Paths of requests, and whether rules match them. */
import type { PathChange, PathMatch } from './http-rule.js'

const withoutEndSlash = (path: string) => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path)

/** Path and query of a request's target. Dots are resolved as backends do, so that no rule is passed by through `/open/../closed`. */
export function splitTarget(target: string): { path: string; query: string } {
  const at = target.indexOf('?')
  const raw = at < 0 ? target : target.slice(0, at)
  const query = at < 0 ? '' : target.slice(at + 1)
  if (!/\/(?:\.|%2e)/i.test(raw)) return { path: raw, query }
  return { path: new URL(`http://host${raw}`).pathname, query }
}

/** How a path is matched: made once a rule. Undefined where the pattern is none. */
export function compilePath({ type, value }: PathMatch): ((path: string) => boolean) | undefined {
  if (type === 'Exact') return path => path === value
  if (type === 'RegularExpression') {
    const pattern = compilePattern(value)
    return pattern && (path => pattern.test(path))
  }
  const prefix = withoutEndSlash(value)
  if (prefix === '/') return () => true
  return path =>
    path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 47) /* a slash */
}

/** A pattern for the whole of a text; undefined where it is none. */
export function compilePattern(text: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${text})$`, 'u')
  } catch {
    return undefined
  }
}

/** What becomes of a path; `prefix` is what the rule matched. */
export function changePath(path: string, { type, value }: PathChange, prefix: string): string {
  if (type === 'whole') return value
  const rest = path.slice(withoutEndSlash(prefix).length).replace(/^\//, '')
  if (!rest && !path.endsWith('/')) return value || '/'
  return `${value.replace(/\/$/, '')}/${rest}`
}
