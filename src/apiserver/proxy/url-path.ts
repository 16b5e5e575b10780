/** Paths of URLs as Go escapes them. Texts here are byte strings: one character for each byte of UTF-8. */
import { posix } from 'node:path'

export const toByteString = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** What Go leaves alone in a path; all else becomes %XX. */
const unescaped = /[^A-Za-z0-9\-._~$&+,/:;=@]/g

/** Escapes a byte string as a path. */
export const escapePath = (bytes: string): string =>
  bytes.replace(unescaped, char => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

/** Go's words for the escape that is none; undefined when all are. */
export const badEscape = (path: string): string | undefined => /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(path)?.[0]

/** The bytes behind the escapes, which must be good. */
export const unescapePath = (path: string): string =>
  path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** Go's path.Join, and a trailing slash of the last part stays. */
export const joinPaths = (first: string, last: string): string => posix.join(first, last)
