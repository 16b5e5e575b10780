/** Names of signers: a domain, a slash, and a path of DNS subdomains. */
import { type FieldError, invalid, required, tooLong } from '../../machinery/field-error.js'
import { isDns1123Label, isDns1123Subdomain } from '../../machinery/names.js'

const maxDomain = 253
/** Domain, slash, namespace, dot, name. */
const maxLength = maxDomain + 1 + 63 + 1 + 253

/** Only the first bad label is told of. */
function* validateLabels(text: string, path: string, check: (label: string) => string[]): Generator<FieldError> {
  const bad = text.split('.').find(label => check(label).length)
  if (bad === undefined) return
  for (const message of check(bad)) yield invalid(path, text, `validating label ${JSON.stringify(bad)}: ${message}`)
}

export function* validateSignerName(name: string, path: string): Generator<FieldError> {
  if (!name) {
    yield required(path)
    return
  }
  const [domain = '', rest, ...more] = name.split('/')
  if (rest === undefined || more.length) {
    yield invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")
    return
  }
  if (domain.length > maxDomain) yield tooLong(path, maxDomain)
  yield* validateLabels(domain, path, isDns1123Label)
  if (!domain.includes('.'))
    yield invalid(path, domain, 'should be a domain with at least two segments separated by dots')
  yield* validateLabels(rest, path, isDns1123Subdomain)
  if (name.length > maxLength) yield tooLong(path, maxLength)
}
