/** The static token file: lines of `token,user,uid,"group1,group2"`. */
import type { UserInfo } from '../../machinery/request.js'
import { anyOwnAudience, type TokenHandler } from './token-authenticator.js'

/** A token file that cannot be read as one; the message completes "token file 'x' …". */
export class TokenFileError extends Error {}

/** The fields of a line as Go's csv reads them: quoted ones may hold commas, and quotes that are doubled. */
function fieldsOf(line: string, number: number): string[] {
  const fields: string[] = []
  const rest = /("(?:[^"]|"")*"|[^",]*)(,|$)/y
  for (;;) {
    const match = rest.exec(line)
    if (!match) throw new TokenFileError(`has a quote that is out of place in line ${number}`)
    const [, field = '', separator] = match
    fields.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field)
    if (!separator) return fields
  }
}

/** By token. Throws TokenFileError. */
export function parseTokenFile(text: string): Map<string, UserInfo> {
  const users = new Map<string, UserInfo>()
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '')
    if (!line) continue
    const [token = '', name, uid, groups, ...more] = fieldsOf(line, index + 1)
    const columns = [token, name, uid, groups, ...more].filter(field => field !== undefined).length
    if (name === undefined || uid === undefined)
      throw new TokenFileError(`must have at least 3 columns (token, user name, user uid), found ${columns}`)
    if (token) users.set(token, { name, ...(uid && { uid }), groups: groups ? groups.split(',') : [] })
  }
  return users
}

export const newTokenFile = (users: ReadonlyMap<string, UserInfo>, own: readonly string[]): TokenHandler =>
  anyOwnAudience(own, token => users.get(token))
