/** Headers by which the aggregator tells extension servers for whom it asks; they believe it for its certificate. */
import type { OutgoingHttpHeaders } from 'node:http'
import type { UserInfo } from '../../machinery/request.js'

const names: ReadonlySet<string> = new Set(['x-remote-user', 'x-remote-uid', 'x-remote-group'])
const extraPrefix = 'x-remote-extra-'

/** What a header's name may hold as it is; all else, and the percent sign, becomes %XX. */
const escapeKey = (key: string): string =>
  [...Buffer.from(key)]
    .map(byte => {
      const char = String.fromCharCode(byte)
      if (/[A-Za-z0-9!#$&'*+\-.^_`|~]/.test(char)) return char
      return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')

/** Headers carry bytes: names of users are UTF-8. */
const bytesOf = (text: string) => Buffer.from(text).toString('latin1')

/** Takes away what the client may have claimed, and says who it is. */
export function setIdentityHeaders(headers: OutgoingHttpHeaders, { name, uid, groups, extra }: UserInfo): void {
  for (const header of Object.keys(headers))
    if (names.has(header.toLowerCase()) || header.toLowerCase().startsWith(extraPrefix)) delete headers[header]
  headers['X-Remote-User'] = bytesOf(name)
  if (uid) headers['X-Remote-Uid'] = bytesOf(uid)
  if (groups?.length) headers['X-Remote-Group'] = groups.map(bytesOf)
  for (const [key, values] of Object.entries(extra ?? {}))
    if (values.length) headers[`X-Remote-Extra-${escapeKey(key)}`] = values.map(bytesOf)
}
