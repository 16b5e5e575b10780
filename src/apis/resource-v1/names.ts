/** Names of pools, attributes and shares. */
import { type FieldError, invalid, required, tooLong } from '../../machinery/field-error.js'
import { regexError } from '../../machinery/names.js'
import { validateCsiDriverName } from '../core-v1/pod-spec/volumes/csi.js'
import { validateDnsSubdomain } from '../validation/text.js'

const maxPoolName = 253
const maxIdentifier = 32
/** Of an attribute's or a capacity's name: domain, slash, identifier. */
const maxQualifiedName = 63 + 1 + maxIdentifier
const identifier = '[A-Za-z_][A-Za-z0-9_]*'
const identifierMessage =
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'"

/** DNS subdomains joined by slashes. */
export function* validatePoolName(name: string, path: string): Generator<FieldError> {
  if (!name) {
    yield required(path)
    return
  }
  if (name.length > maxPoolName) yield tooLong(path, maxPoolName)
  for (const part of name.split('/')) yield* validateDnsSubdomain(part, path)
}

function* validateIdentifier(id: string, path: string): Generator<FieldError> {
  if (id.length > maxIdentifier) yield tooLong(path, maxIdentifier)
  if (!new RegExp(`^${identifier}$`).test(id))
    yield invalid(path, id, regexError(identifierMessage, identifier, 'my_name', 'MY_NAME', 'MyName'))
}

/** A C identifier, with a domain before it or not. Upstream does not mind a second slash. */
export function* validateQualifiedName(name: string, path: string): Generator<FieldError> {
  if (!name) {
    yield required(path, 'name required')
    return
  }
  const parts = name.split('/')
  if (parts.length === 1) yield* validateIdentifier(name, path)
  if (parts.length !== 2) return
  const [domain = '', id = ''] = parts
  if (domain) yield* validateCsiDriverName(domain, path)
  else yield required(path, 'the domain must not be empty')
  if (id) yield* validateIdentifier(id, path)
  else yield required(path, 'the name must not be empty')
}

/** With a domain. */
export function* validateFullyQualifiedName(name: string, path: string): Generator<FieldError> {
  yield* validateQualifiedName(name, path)
  if (name && !name.includes('/')) yield invalid(path, name, 'must include a domain')
}

/** A key as it stands in a path: the middle of one that is too long is left out. */
export function shownKey(key: string): string {
  if (key.length <= maxQualifiedName) return key
  const rest = maxQualifiedName - 3
  return `${key.slice(0, Math.floor((rest + 1) / 2))}...${key.slice(key.length - Math.floor(rest / 2))}`
}

const hex = /^[0-9a-fA-F]+$/

/** Go's words for a text that is no UUID in any of the forms it knows. */
function uuidError(text: string): string | undefined {
  const lengths = [36, 45, 38, 32]
  if (!lengths.includes(text.length)) return `invalid UUID length: ${text.length}`
  if (text.length === 45 && text.slice(0, 9).toLowerCase() !== 'urn:uuid:')
    return `invalid urn prefix: ${JSON.stringify(text.slice(0, 9))}`
  if (text.length === 38 && (!text.startsWith('{') || !text.endsWith('}'))) return 'invalid bracketed UUID format'
  const bare = text.length === 45 ? text.slice(9) : text.length === 38 ? text.slice(1, -1) : text
  if (bare.length === 32) return hex.test(bare) ? undefined : 'invalid UUID format'
  return /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/.test(bare) ? undefined : 'invalid UUID format'
}

/** Of a share of a device. */
export function* validateUid(uid: string, path: string): Generator<FieldError> {
  const error = uuidError(uid)
  if (error) yield invalid(path, uid, `error validating uid: ${error}`)
  else if (uid.length !== 36 || uid !== uid.toLowerCase())
    yield invalid(
      path,
      uid,
      'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters',
    )
}
