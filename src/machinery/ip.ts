/** IP addresses and CIDRs: parsed as leniently as upstream does for old fields, printed in canonical form. */

export interface Ip {
  family: 4 | 6
  /** 4 or 16 bytes, network order. */
  bytes: Uint8Array
}

export interface Cidr {
  /** As written, host bits included. */
  ip: Ip
  prefixLength: number
}

/** Upstream's messages for old fields. */
export const invalidIpMessage = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
export const invalidCidrMessage = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'

/** Leading zeros are decimal and accepted, as in Go before 1.17: stored objects may hold them. */
function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const bytes = new Uint8Array(4)
  for (const [i, part] of parts.entries()) {
    if (!/^\d{1,8}$/.test(part) || Number(part) > 255) return undefined
    bytes[i] = Number(part)
  }
  return bytes
}

function parseGroups(text: string): number[] | undefined {
  if (!text) return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (part.includes('.')) {
      const tail = i === parts.length - 1 ? parseIpv4(part) : undefined
      if (!tail) return undefined
      groups.push((tail[0]! << 8) | tail[1]!, (tail[2]! << 8) | tail[3]!)
    } else {
      const value = /^[0-9a-fA-F]{1,8}$/.test(part) ? Number.parseInt(part, 16) : 0x10000
      if (value > 0xffff) return undefined
      groups.push(value)
    }
  }
  return groups
}

function parseIpv6(text: string): Uint8Array | undefined {
  const gap = text.indexOf('::')
  if (gap >= 0 && text.indexOf('::', gap + 1) >= 0) return undefined
  const head = parseGroups(gap < 0 ? text : text.slice(0, gap))
  const tail = gap < 0 ? [] : parseGroups(text.slice(gap + 2))
  if (!head || !tail) return undefined
  const missing = 8 - head.length - tail.length
  if (gap < 0 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...new Array<number>(Math.max(missing, 0)).fill(0), ...tail]
  return Uint8Array.from(groups.flatMap(group => [group >> 8, group & 0xff]))
}

/** Undefined when it is no address. Zones (`%eth0`) are refused. */
export function parseIp(text: string): Ip | undefined {
  const six = text.includes(':')
  const bytes = six ? parseIpv6(text) : parseIpv4(text)
  return bytes && { family: six ? 6 : 4, bytes }
}

/** True for `::ffff:a.b.c.d`. */
export const isIpv4Mapped = (ip: Ip): boolean =>
  ip.family === 6 && ip.bytes.subarray(0, 10).every(b => b === 0) && ip.bytes[10] === 0xff && ip.bytes[11] === 0xff

/** Go's IsGlobalUnicast: neither unspecified, loopback, link-local, multicast nor IPv4's broadcast. Private addresses are. */
export function isGlobalUnicast(ip: Ip): boolean {
  const bytes = isIpv4Mapped(ip) ? ip.bytes.subarray(12) : ip.bytes
  const [a, b] = bytes as unknown as [number, number]
  if (bytes.every(byte => byte === 0)) return false
  if (bytes.length === 4)
    return a !== 127 && !(a === 169 && b === 254) && !(a >= 224 && a < 240) && !bytes.every(byte => byte === 255)
  const isLoopback = bytes[15] === 1 && bytes.subarray(0, 15).every(byte => byte === 0)
  return !isLoopback && a !== 0xff && !(a === 0xfe && (b & 0xc0) === 0x80)
}

/** Family of an address in text, where an IPv4-mapped IPv6 address counts as IPv4, as in Go; undefined when it is none. */
export function ipFamilyOf(text: string): 4 | 6 | undefined {
  const ip = parseIp(text)
  return ip && isIpv4Mapped(ip) ? 4 : ip?.family
}

/** Canonical text (RFC 5952); an IPv4-mapped address prints as IPv4, as Go does. */
export function formatIp(ip: Ip): string {
  if (ip.family === 4) return ip.bytes.join('.')
  if (isIpv4Mapped(ip)) return ip.bytes.subarray(12).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => (ip.bytes[2 * i]! << 8) | ip.bytes[2 * i + 1]!)
  const [start, length] = longestZeroRun(groups)
  const hex = groups.map(group => group.toString(16))
  if (length < 2) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

function longestZeroRun(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0]
  for (let start = 0, i = 0; i <= groups.length; i++) {
    if (groups[i] === 0) continue
    if (i - start > best[1]) best = [start, i - start]
    start = i + 1
  }
  return best
}

/** Undefined when it is no CIDR; host bits may be set. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/')
  const ip = slash < 0 ? undefined : parseIp(text.slice(0, slash))
  const length = text.slice(slash + 1)
  if (!ip || !/^\d{1,8}$/.test(length) || Number(length) > ip.bytes.length * 8) return undefined
  return { ip, prefixLength: Number(length) }
}

/** The network's first address: host bits cleared. */
export function networkOf({ ip, prefixLength }: Cidr): Ip {
  const bytes = ip.bytes.map((byte, i) => {
    const kept = Math.min(8, Math.max(0, prefixLength - 8 * i))
    return byte & (0xff << (8 - kept))
  })
  return { family: ip.family, bytes }
}

/** Canonical text of the network, host bits cleared. */
export const formatCidr = (cidr: Cidr): string => `${formatIp(networkOf(cidr))}/${cidr.prefixLength}`

/** Both addresses of one family. */
export function cidrContains(cidr: Cidr, ip: Ip): boolean {
  if (cidr.ip.family !== ip.family) return false
  const network = networkOf(cidr).bytes
  return networkOf({ ip, prefixLength: cidr.prefixLength }).bytes.every((byte, i) => byte === network[i])
}

/** The check of fields that take any address Go once took. Upstream's messages. */
export const isValidIpForLegacyField = (text: string): string[] => (parseIp(text) ? [] : [invalidIpMessage])

/** The check of new fields: canonical text only. Upstream's messages. */
export function isValidIp(text: string): string[] {
  const ip = parseIp(text)
  if (!ip) return [invalidIpMessage]
  const errors: string[] = []
  if (/(^|[:.])0\d+\./.test(text) || /\.0\d+$/.test(text)) errors.push('must not have leading 0s')
  else if (isIpv4Mapped(ip)) errors.push('must not be an IPv4-mapped IPv6 address')
  if (!errors.length && text !== formatIp(ip))
    errors.push(`must be in canonical form (${JSON.stringify(formatIp(ip))})`)
  return errors
}

/** The check of fields that take any CIDR Go once took. Upstream's messages. */
export const isValidCidrForLegacyField = (text: string): string[] => (parseCidr(text) ? [] : [invalidCidrMessage])

/** The check of new fields: canonical text only. Upstream's messages. */
export function isValidCidr(text: string): string[] {
  const cidr = parseCidr(text)
  if (!cidr) return [invalidCidrMessage]
  if (/(^|[:./])0\d+[./]|\/0\d+$|\.0\d+$/.test(text)) return ['must not have leading 0s in IP or prefix length']
  if (isIpv4Mapped(cidr.ip)) return ['must not have an IPv4-mapped IPv6 address']
  if (formatIp(networkOf(cidr)) !== formatIp(cidr.ip)) return ['must not have bits set beyond the prefix length']
  return text === formatCidr(cidr) ? [] : [`must be in canonical form (${JSON.stringify(formatCidr(cidr))})`]
}
