/** Warnings about IP addresses and CIDRs that are accepted for old times' sake. Upstream's words. */
import { formatCidr, formatIp, isIpv4Mapped, networkOf, parseCidr, parseIp } from '../../machinery/ip.js'

const quoted = (text: string) => JSON.stringify(text)
const hasLeadingZeros = (text: string) => /(^|[.:])0\d+(\.|$)/.test(text.split('/', 1)[0] ?? '')

/** None for a text that is no address. */
export function ipWarnings(text: string, path: string): string[] {
  const ip = parseIp(text)
  if (!ip) return []
  const canonical = quoted(formatIp(ip))
  if (hasLeadingZeros(text) || isIpv4Mapped(ip))
    return [
      `${path}: non-standard IP address ${quoted(text)} will be considered invalid in a future Kubernetes release: use ${canonical}`,
    ]
  if (ip.family === 6 && formatIp(ip) !== text)
    return [`${path}: IPv6 address ${quoted(text)} should be in RFC 5952 canonical format (${canonical})`]
  return []
}

/** None for a text that is no CIDR. */
export function cidrWarnings(text: string, path: string): string[] {
  const cidr = parseCidr(text)
  if (!cidr) return []
  const warnings: string[] = []
  const [network, address] = [formatCidr(cidr), formatIp(cidr.ip)]
  if (formatIp(networkOf(cidr)) !== address) {
    const single = `${address}/${cidr.ip.bytes.length * 8}`
    warnings.push(
      `${path}: CIDR value ${quoted(text)} is ambiguous in this context (should be ${quoted(network)} or ${quoted(single)}?)`,
    )
  }
  if (hasLeadingZeros(text) || /\/0\d/.test(text) || isIpv4Mapped(cidr.ip))
    warnings.push(
      `${path}: non-standard CIDR value ${quoted(text)} will be considered invalid in a future Kubernetes release: use ${quoted(network)}`,
    )
  if (!warnings.length && cidr.ip.family === 6 && network !== text)
    warnings.push(
      `${path}: IPv6 CIDR value ${quoted(text)} should be in RFC 5952 canonical format (${quoted(network)})`,
    )
  return warnings
}
