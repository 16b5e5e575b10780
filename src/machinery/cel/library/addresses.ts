/** `ip()` and `cidr()`: addresses and networks as values. Stricter than the API's fields: no zones, no leading zeros, no IPv4 in IPv6. */
import {
  type Cidr,
  cidrContains,
  formatIp,
  type Ip,
  isGlobalUnicast,
  isIpv4Mapped,
  networkOf,
  parseIp,
} from '../../ip.js'
import { defineFunction, type FunctionDeclaration } from '../declarations.js'
import { CelError, type ExtensionValue, type Value } from '../values.js'

const sameBytes = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0

class IpValue implements ExtensionValue {
  readonly typeName = 'net.IP'
  constructor(readonly ip: Ip) {}
  get costSize(): number {
    return this.ip.bytes.length
  }
  equals(other: ExtensionValue): boolean {
    return other instanceof IpValue && sameBytes(this.ip.bytes, other.ip.bytes)
  }
}

class CidrValue implements ExtensionValue {
  readonly typeName = 'net.CIDR'
  constructor(readonly cidr: Cidr) {}
  get costSize(): number {
    return Math.ceil(this.cidr.prefixLength / 8)
  }
  equals(other: ExtensionValue): boolean {
    return (
      other instanceof CidrValue &&
      this.cidr.prefixLength === other.cidr.prefixLength &&
      sameBytes(this.cidr.ip.bytes, other.cidr.ip.bytes)
    )
  }
  get text(): string {
    return `${formatIp(this.cidr.ip)}/${this.cidr.prefixLength}`
  }
}

const hasLeadingZero = (text: string) => /(?:^|[.:])0\d+(?:\.|$)/u.test(text)

function whyNoAddress(text: string): string | undefined {
  if (!text.includes('.') && !text.includes(':')) return 'unable to parse IP'
  if (text.includes(':')) return parseIp(text.replace(/%.*/u, '')) ? undefined : 'unable to parse IP'
  if (hasLeadingZero(text)) return 'IPv4 field has octet with leading zero'
  if (text.split('.').some(part => /^\d{1,}$/u.test(part) && Number(part) > 255)) return 'IPv4 field has value >255'
  const fields = text.split('.').length
  if (fields < 4) return 'IPv4 address too short'
  if (fields > 4) return 'IPv4 address too long'
  return parseIp(text) ? undefined : 'unexpected character'
}

/** Throws CelError. */
function readIp(text: string): Ip {
  const why = whyNoAddress(text)
  if (why)
    throw new CelError(
      `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): ${why}`,
    )
  if (text.includes('%')) throw new CelError(`IP address ${JSON.stringify(text)} with zone value is not allowed`)
  const ip = parseIp(text)!
  if (isIpv4Mapped(ip)) throw new CelError(`IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`)
  return ip
}

/** Throws CelError. */
function readCidr(text: string): Cidr {
  const prefix = 'network address parse error during conversion from string: '
  const fail = (why: string): never => {
    throw new CelError(`${prefix}${prefix}netip.ParsePrefix(${JSON.stringify(text)}): ${why}`)
  }
  const slash = text.lastIndexOf('/')
  if (slash < 0) fail("no '/'")
  const [address, bits] = [text.slice(0, slash), text.slice(slash + 1)]
  const why = whyNoAddress(address)
  if (why) fail(`ParseAddr(${JSON.stringify(address)}): ${why}`)
  if (address.includes('%')) fail('IPv6 zones cannot be present in a prefix')
  const ip = parseIp(address)!
  if (!/^(?:0|[1-9]\d*)$/u.test(bits)) fail(`bad bits after slash: ${JSON.stringify(bits)}`)
  if (Number(bits) > ip.bytes.length * 8) fail(`prefix length out of range`)
  if (isIpv4Mapped(ip)) throw new CelError(`${prefix}IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`)
  return { ip, prefixLength: Number(bits) }
}

function holds(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch (error) {
    if (error instanceof CelError) return false
    throw error
  }
}

const onText = (call: (text: string) => Value) => (value: Value | undefined) =>
  typeof value === 'string' ? call(value) : undefined
const onIp = (call: (ip: Ip) => Value) => (value: Value | undefined) =>
  value instanceof IpValue ? call(value.ip) : undefined
const onCidr =
  (call: (cidr: Cidr, other: Value | undefined) => Value | undefined) =>
  (value: Value | undefined, other: Value | undefined) =>
    value instanceof CidrValue ? call(value.cidr, other) : undefined

const isZeros = ({ bytes }: Ip) => bytes.every(byte => byte === 0)
const isLoopback = ({ bytes, family }: Ip) =>
  family === 4 ? bytes[0] === 127 : bytes[15] === 1 && bytes.subarray(0, 15).every(byte => byte === 0)
const isLinkLocalMulticast = ({ bytes, family }: Ip) =>
  family === 4 ? bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0 : bytes[0] === 0xff && (bytes[1]! & 0x0f) === 0x02
const isLinkLocalUnicast = ({ bytes, family }: Ip) =>
  family === 4 ? bytes[0] === 169 && bytes[1] === 254 : bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80

function containsIp(cidr: Cidr, other: Value | undefined): boolean | undefined {
  const ip = typeof other === 'string' ? readIp(other) : other instanceof IpValue ? other.ip : undefined
  return ip && cidrContains(cidr, ip)
}

function containsCidr(cidr: Cidr, other: Value | undefined): boolean | undefined {
  const inner = typeof other === 'string' ? readCidr(other) : other instanceof CidrValue ? other.cidr : undefined
  return inner && cidr.prefixLength <= inner.prefixLength && cidrContains(cidr, inner.ip)
}

const ipTest = (name: string, id: string, test: (ip: Ip) => boolean) =>
  defineFunction(name, [`${id}: opaque:net.IP.() -> bool`], onIp(test))

export const addresses: readonly FunctionDeclaration[] = [
  defineFunction(
    'ip',
    ['string_to_ip: (string) -> opaque:net.IP'],
    onText(text => new IpValue(readIp(text))),
  ),
  defineFunction(
    'ip',
    ['cidr_ip: opaque:net.CIDR.() -> opaque:net.IP'],
    onCidr(({ ip }) => new IpValue(ip)),
  ),
  defineFunction(
    'ip.isCanonical',
    ['ip_is_canonical: (string) -> bool'],
    onText(text => formatIp(readIp(text)) === text),
  ),
  defineFunction(
    'isIP',
    ['is_ip: (string) -> bool'],
    onText(text => holds(() => readIp(text))),
  ),
  defineFunction(
    'family',
    ['ip_family: opaque:net.IP.() -> int'],
    onIp(({ family }) => BigInt(family)),
  ),
  ipTest('isUnspecified', 'ip_is_unspecified', isZeros),
  ipTest('isLoopback', 'ip_is_loopback', isLoopback),
  ipTest('isLinkLocalMulticast', 'ip_is_link_local_multicast', isLinkLocalMulticast),
  ipTest('isLinkLocalUnicast', 'ip_is_link_local_unicast', isLinkLocalUnicast),
  ipTest('isGlobalUnicast', 'ip_is_global_unicast', isGlobalUnicast),
  defineFunction('string', ['ip_to_string: (opaque:net.IP) -> string'], onIp(formatIp)),
  defineFunction(
    'cidr',
    ['string_to_cidr: (string) -> opaque:net.CIDR'],
    onText(text => new CidrValue(readCidr(text))),
  ),
  defineFunction(
    'isCIDR',
    ['is_cidr: (string) -> bool'],
    onText(text => holds(() => readCidr(text))),
  ),
  defineFunction(
    'containsIP',
    [
      'cidr_contains_ip_string: opaque:net.CIDR.(string) -> bool',
      'cidr_contains_ip_ip: opaque:net.CIDR.(opaque:net.IP) -> bool',
    ],
    onCidr(containsIp),
  ),
  defineFunction(
    'containsCIDR',
    [
      'cidr_contains_cidr_string: opaque:net.CIDR.(string) -> bool',
      'cidr_contains_cidr: opaque:net.CIDR.(opaque:net.CIDR) -> bool',
    ],
    onCidr(containsCidr),
  ),
  defineFunction(
    'prefixLength',
    ['cidr_prefix_length: opaque:net.CIDR.() -> int'],
    onCidr(({ prefixLength }) => BigInt(prefixLength)),
  ),
  defineFunction(
    'masked',
    ['cidr_masked: opaque:net.CIDR.() -> opaque:net.CIDR'],
    onCidr(cidr => new CidrValue({ ip: networkOf(cidr), prefixLength: cidr.prefixLength })),
  ),
  defineFunction('string', ['cidr_to_string: (opaque:net.CIDR) -> string'], value =>
    value instanceof CidrValue ? value.text : undefined,
  ),
]
