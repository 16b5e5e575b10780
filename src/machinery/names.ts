/** The formats of names, labels, keys and ports. Each check returns upstream's messages, none when the value is valid. */

const dns1123Label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const dns1123Subdomain = `${dns1123Label}(\\.${dns1123Label})*`
const dns1035Label = '[a-z]([-a-z0-9]*[a-z0-9])?'
const qualifiedName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const labelValue = `(${qualifiedName})?`
const envVarName = '[-._a-zA-Z][-._a-zA-Z0-9]*'
const configMapKey = '[-._a-zA-Z0-9]+'
const percent = '[0-9]+%'
const httpHeaderName = '[-A-Za-z0-9]+'
const wildcardSubdomain = `\\*\\.${dns1123Subdomain}`

const whole = (source: string) => new RegExp(`^${source}$`)
const dns1123LabelRegExp = whole(dns1123Label)
const dns1123SubdomainRegExp = whole(dns1123Subdomain)
const dns1035LabelRegExp = whole(dns1035Label)
const qualifiedNameRegExp = whole(qualifiedName)
const labelValueRegExp = whole(labelValue)
const envVarNameRegExp = whole(envVarName)
const configMapKeyRegExp = whole(configMapKey)
const percentRegExp = whole(percent)
const httpHeaderNameRegExp = whole(httpHeaderName)
const wildcardSubdomainRegExp = whole(wildcardSubdomain)

/** Upstream counts bytes of UTF-8. */
const byteLength = (value: string): number => Buffer.byteLength(value)

/** `must be no more than 63 characters`. */
export const maxLengthError = (length: number): string => `must be no more than ${length} characters`

/** `must be between 1 and 65535, inclusive`. */
export const inclusiveRangeError = (low: number, high: number): string =>
  `must be between ${low} and ${high}, inclusive`

/** Upstream's RegexError: message, examples, and the expression without its anchors. */
export function regexError(message: string, source: string, ...examples: string[]): string {
  const used = `regex used for validation is '${source}'`
  return examples.length
    ? `${message} (e.g. ${examples.map(e => `'${e}', `).join(' or ')}${used})`
    : `${message} (${used})`
}

const within = (value: string, max: number): string[] => (byteLength(value) > max ? [maxLengthError(max)] : [])

const parentDirectoryErrors = (value: string): string[] => {
  if (value === '.') return [`must not be '.'`]
  if (value === '..') return [`must not be '..'`]
  return value.startsWith('..') ? [`must not start with '..'`] : []
}

/** A DNS label (RFC 1123): at most 63 lower-case letters, digits and dashes. */
export function isDns1123Label(value: string): string[] {
  const errors = within(value, 63)
  if (dns1123LabelRegExp.test(value)) return errors
  if (dns1123SubdomainRegExp.test(value)) return [...errors, 'must not contain dots']
  return [
    ...errors,
    regexError(
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
      dns1123Label,
      'my-name',
      '123-abc',
    ),
  ]
}

/** A DNS subdomain (RFC 1123): labels joined by dots, at most 253 characters. */
export function isDns1123Subdomain(value: string): string[] {
  const errors = within(value, 253)
  if (dns1123SubdomainRegExp.test(value)) return errors
  return [
    ...errors,
    regexError(
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
      dns1123Subdomain,
      'example.com',
    ),
  ]
}

/** A DNS label that starts with a letter (RFC 1035): services. */
export function isDns1035Label(value: string): string[] {
  const errors = within(value, 63)
  if (dns1035LabelRegExp.test(value)) return errors
  return [
    ...errors,
    regexError(
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
      dns1035Label,
      'my-name',
      'abc-123',
    ),
  ]
}

/** `*.` and a DNS subdomain: ingress hosts. */
export function isWildcardDns1123Subdomain(value: string): string[] {
  const errors = within(value, 253)
  if (wildcardSubdomainRegExp.test(value)) return errors
  return [
    ...errors,
    regexError(
      "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
      wildcardSubdomain,
      '*.example.com',
    ),
  ]
}

const qualifiedNameError = () =>
  regexError(
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    qualifiedName,
    'MyName',
    'my.name',
    '123-abc',
  )

/** A name with an optional DNS prefix, `example.com/my-name`: label and annotation keys, finalizers, conditions. */
export function isQualifiedName(value: string): string[] {
  const slash = value.indexOf('/')
  if (slash !== value.lastIndexOf('/')) {
    return [
      `a qualified name ${qualifiedNameError()} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  const errors: string[] = []
  const name = value.slice(slash + 1)
  if (slash === 0) errors.push('prefix part must be non-empty')
  else if (slash > 0) errors.push(...isDns1123Subdomain(value.slice(0, slash)).map(e => `prefix part ${e}`))
  if (!name) errors.push('name part must be non-empty')
  else if (byteLength(name) > 63) errors.push(`name part ${maxLengthError(63)}`)
  if (!qualifiedNameRegExp.test(name)) errors.push(`name part ${qualifiedNameError()}`)
  return errors
}

/** A label's value: empty, or at most 63 letters, digits, dashes, dots and underscores. */
export function isValidLabelValue(value: string): string[] {
  const errors = within(value, 63)
  if (labelValueRegExp.test(value)) return errors
  return [
    ...errors,
    regexError(
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
      labelValue,
      'MyValue',
      'my_value',
      '12345',
    ),
  ]
}

/** The strict form of an environment variable's name. */
export function isEnvVarName(value: string): string[] {
  const errors = envVarNameRegExp.test(value)
    ? []
    : [
        regexError(
          "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
          envVarName,
          'my.env-name',
          'MY_ENV.NAME',
          'MyEnvName1',
        ),
      ]
  return [...errors, ...parentDirectoryErrors(value)]
}

/** What v1.34 asks of an environment variable's name: printable ASCII without `=`. */
export function isRelaxedEnvVarName(value: string): string[] {
  if (!value) return ['environment variable name must be non-empty']
  if (/^[ -<>-~]+$/.test(value)) return []
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

/** A key of a ConfigMap's or a Secret's data. */
export function isConfigMapKey(value: string): string[] {
  const errors = within(value, 253)
  if (!configMapKeyRegExp.test(value)) {
    const message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
    errors.push(regexError(message, configMapKey, 'key.name', 'KEY_NAME', 'key-name'))
  }
  return [...errors, ...parentDirectoryErrors(value)]
}

/** `25%`. */
export const isValidPercent = (value: string): string[] =>
  percentRegExp.test(value)
    ? []
    : [regexError("a valid percent string must be a numeric string followed by an ending '%'", percent, '1%', '93%')]

/** The name of an HTTP header. */
export const isHttpHeaderName = (value: string): string[] =>
  httpHeaderNameRegExp.test(value)
    ? []
    : [
        regexError(
          "a valid HTTP header must consist of alphanumeric characters or '-'",
          httpHeaderName,
          'X-Header-Name',
        ),
      ]
