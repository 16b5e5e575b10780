/** Rules for the names of objects and for numbers in a range: which format a kind asks for, whole or as a prefix. */
import { inclusiveRangeError, isDns1035Label, isDns1123Label, isDns1123Subdomain, maxLengthError } from './names.js'

/** Checks metadata.name, or with `prefix` metadata.generateName. */
export type NameRule = (name: string, prefix: boolean) => string[]

/** Stands in for what will be appended. It drops two characters, as upstream does, so lengths agree with upstream's. */
const maskTrailingDash = (name: string): string =>
  name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name

const ruleOf =
  (check: (name: string) => string[]): NameRule =>
  (name, prefix) =>
    check(prefix ? maskTrailingDash(name) : name)

/** Most kinds. */
export const nameIsDnsSubdomain = ruleOf(isDns1123Subdomain)
/** Namespaces, and kinds whose name becomes a host name. */
export const nameIsDnsLabel = ruleOf(isDns1123Label)
/** Services. */
export const nameIsDns1035Label = ruleOf(isDns1035Label)

/** Names that only have to fit into a path: RBAC's. */
export const nameIsPathSegment: NameRule = (name, prefix) => {
  if (!prefix && (name === '.' || name === '..')) return [`may not be '${name}'`]
  return ['/', '%'].filter(part => name.includes(part)).map(part => `may not contain '${part}'`)
}

/** A port number, 1 to 65535. */
export const isValidPortNumber = (port: number): string[] => isInRange(port, 1, 65535)

/** A name of a port (IANA service name): at most 15 characters. */
export function isValidPortName(port: string): string[] {
  const errors: string[] = []
  if (Buffer.byteLength(port) > 15) errors.push(maxLengthError(15))
  if (!/^[-a-z0-9]+$/.test(port)) {
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  }
  if (!/[a-z]/.test(port)) errors.push('must contain at least one letter (a-z)')
  if (port.includes('--')) errors.push('must not contain consecutive hyphens')
  if (port.startsWith('-') || port.endsWith('-')) errors.push('must not begin or end with a hyphen')
  return errors
}

/** Both ends belong to the range. */
export const isInRange = (value: number, low: number, high: number): string[] =>
  value >= low && value <= high ? [] : [inclusiveRangeError(low, high)]

/** A user or group id. */
export const isValidUserId = (id: number): string[] => isInRange(id, 0, 2147483647)
