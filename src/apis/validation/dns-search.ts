/** The format of DNS search domains, which may hold underscores. */
import { maxLengthError, regexError } from '../../machinery/names.js'

const label = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const subdomain = `${label}(\\.${label})*`
const subdomainRegExp = new RegExp(`^${subdomain}$`)

/** Upstream's messages; none when the domain is valid. */
export function isDns1123SubdomainWithUnderscore(value: string): string[] {
  const errors = value.length > 253 ? [maxLengthError(253)] : []
  if (subdomainRegExp.test(value)) return errors
  const message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character"
  return [...errors, regexError(message, subdomain, 'example.com')]
}
