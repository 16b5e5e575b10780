/** Where a proxied request goes, and how its path names that: `name`, `name:port` or `scheme:name:port`. */
import { bracketed, joinHostPort } from '../../machinery/host-port.js'
import { isGlobalUnicast, parseIp } from '../../machinery/ip.js'
import { badRequest } from '../../machinery/status-error.js'

export interface Location {
  scheme: 'http' | 'https'
  /** An address or a name; IPv6 without brackets. */
  host: string
  /** The scheme's own where absent. */
  port?: number
  /** Who must answer, and who asks; without it nobody's certificate is looked at, nor shown. */
  tls?: BackendTls
}

/** All certificates and keys are PEM. */
export interface BackendTls {
  serverName: string
  /** Who signs the backend's certificate; default: the authorities that Node knows. */
  ca?: string
  /** Any certificate will do. */
  insecure?: boolean
  /** Our own. */
  client?: { certificate: string; key: string }
}

export interface Requested {
  name: string
  /** `''`: http. */
  scheme: '' | 'http' | 'https'
  /** A number or a name; `''` where none is given. */
  port: string
}

const schemes: ReadonlySet<string> = new Set(['', 'http', 'https'])

/** Reads the name of the path. Throws 400; `what` is the word for it in the message, such as `pod`. */
export function parseRequested(id: string, what: string): Requested {
  const parts = id.split(':')
  const [scheme, name, port = ''] = parts.length < 3 ? ['', ...parts] : parts
  if (parts.length > 3 || !name || !schemes.has(scheme!))
    throw badRequest(`invalid ${what} request ${JSON.stringify(id)}`)
  return { name, scheme: scheme as Requested['scheme'], port }
}

/** Nobody is to reach the server's own machine, or its cloud's metadata, by way of an address that a status claims. */
export function requireReachable(address: string | undefined): void {
  const ip = parseIp(address ?? '')
  if (!ip || !isGlobalUnicast(ip)) throw badRequest('address not allowed')
}

/** `host:port` as it stands in a URL; without the port where none was asked for. */
export function hostOf({ host, port }: Location): string {
  return port === undefined ? bracketed(host) : joinHostPort(host, port)
}

/** The port to connect to. */
export const portOf = ({ scheme, port }: Location): number => port ?? (scheme === 'https' ? 443 : 80)
