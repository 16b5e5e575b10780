/** Names such as `acme.io/foo`: controllers of ingress classes, managers of jobs. */
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import { isDns1123Subdomain, regexError } from '../../machinery/names.js'

const httpPath = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"
const httpPathPattern = new RegExp(`^${httpPath}$`)

/** A DNS subdomain, a slash and a path. */
export function* domainPrefixedPath(value: string, path: string): Generator<FieldError> {
  if (!value) {
    yield required(path)
    return
  }
  const slash = value.indexOf('/')
  if (slash <= 0 || slash === value.length - 1) {
    yield invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')
    return
  }
  const host = value.slice(0, slash)
  const rest = value.slice(slash + 1)
  for (const message of isDns1123Subdomain(host)) yield invalid(path, host, message)
  if (!httpPathPattern.test(rest)) yield invalid(path, rest, regexError('Invalid path', httpPath))
}
