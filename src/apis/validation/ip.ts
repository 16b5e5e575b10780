/** Checks of IP addresses inside objects, and warnings about odd spellings. */
import { type FieldError, invalid } from '../../machinery/field-error.js'
import {
  formatCidr,
  formatIp,
  isIpv4Mapped,
  isValidCidr,
  isValidCidrForLegacyField,
  isValidIpForLegacyField,
  networkOf,
  parseCidr,
  parseIp,
} from '../../machinery/ip.js'
import { formatErrors } from './text.js'

function rangeErrors(text: string): string[] {
  const ip = parseIp(text)
  if (!ip) return ['must be a valid IP address']
  const mapped = isIpv4Mapped(ip)
  const bytes = mapped ? ip.bytes.subarray(12) : ip.bytes
  const four = ip.family === 4 || mapped
  const [a = 0, b = 0, c = 0] = bytes
  const head = bytes.subarray(0, -1).every(byte => byte === 0)
  const last = bytes.at(-1)
  const errors: string[] = []
  if (head && last === 0) errors.push(`may not be unspecified (${text})`)
  if (four ? a === 127 : head && last === 1) errors.push('may not be in the loopback range (127.0.0.0/8, ::1/128)')
  if (four ? a === 169 && b === 254 : a === 0xfe && (b & 0xc0) === 0x80)
    errors.push('may not be in the link-local range (169.254.0.0/16, fe80::/10)')
  if (four ? a === 224 && b === 0 && c === 0 : a === 0xff && (b & 0x0f) === 0x02)
    errors.push('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')
  return errors
}

/** An address that traffic may be sent to: not the node's own, not of the link. */
export function* validateEndpointIp(text: string, path: string): Generator<FieldError> {
  for (const message of rangeErrors(text)) yield invalid(path, text, message)
}

const spelling = (text: string): string => text.replace(/^0+(?=\d)/, '')

/** Upstream's warning about an address that a later release will refuse, or that is not canonical. */
export function ipWarnings(text: string, path: string): string[] {
  const ip = parseIp(text)
  if (!ip) return []
  const canonical = formatIp(ip)
  const leadingZeros = ip.family === 4 && text.split('.').some(part => spelling(part) !== part)
  if (leadingZeros || isIpv4Mapped(ip))
    return [
      `${path}: non-standard IP address "${text}" will be considered invalid in a future Kubernetes release: use "${canonical}"`,
    ]
  if (ip.family === 6 && canonical !== text)
    return [`${path}: IPv6 address "${text}" should be in RFC 5952 canonical format ("${canonical}")`]
  return []
}

/** A field that has always taken any address Go once took. */
export const legacyIp = (text: string, path: string) => formatErrors(isValidIpForLegacyField, text, path)

/** A field that has always taken any CIDR Go once took. */
export const legacyCidr = (text: string, path: string) => formatErrors(isValidCidrForLegacyField, text, path)

/** Upstream's warning about a CIDR with host bits set or of odd spelling. */
export function cidrWarnings(text: string, path: string): string[] {
  const cidr = parseCidr(text)
  if (!cidr) return []
  const canonical = formatCidr(cidr)
  const hostBits = formatIp(networkOf(cidr)) !== formatIp(cidr.ip)
  if (hostBits)
    return [
      `${path}: CIDR value "${text}" is ambiguous in this context (should be "${canonical}" or "${formatIp(cidr.ip)}/${cidr.ip.bytes.length * 8}"?)`,
    ]
  if (isValidCidr(text).some(message => !message.startsWith('must be in canonical form')))
    return [
      `${path}: non-standard CIDR value "${text}" will be considered invalid in a future Kubernetes release: use "${canonical}"`,
    ]
  if (canonical !== text && cidr.ip.family === 6)
    return [`${path}: IPv6 CIDR value "${text}" should be in RFC 5952 canonical format ("${canonical}")`]
  return []
}
