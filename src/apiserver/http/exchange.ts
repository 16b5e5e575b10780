/** One HTTP request and its answer on their way through the server. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { UserInfo } from '../../machinery/request.js'
import type { AuditRecord } from '../audit/audit-record.js'
import type { RequestInfo } from '../request-info.js'

export interface Exchange {
  /** HTTP/1.1 or HTTP/2: only what both share is used. */
  request: IncomingMessage
  response: ServerResponse
  info: RequestInfo
  /** Absent where the URL has none. */
  query: URLSearchParams | undefined
  user: UserInfo
  /** Sent as `Warning` headers. */
  warnings: string[]
  /** Of the answer, before compression; known once it has been sent whole. */
  bodyBytes?: number
  /** Told when a watch has begun: its first events are on their way. */
  begun?(): void
  /** What of it goes to the audit log; absent where nothing does. */
  audit?: AuditRecord
  /** The time allotted to the request is over and the client has been told: whatever comes now is dropped. */
  timedOut?: boolean
}

/** Upstream's figures, in characters: of all warnings, and of each once there are too many. */
const maxWarnings = 4096
const maxWarning = 256
const quoteWarning = (text: string) => JSON.stringify(text.replaceAll(/\p{Cc}/gu, ' '))

/** `299 - "text"`, each once. When they are too long together, each is cut short, and those that begin past the limit are left out. */
export function warningHeaders(warnings: readonly string[]): string[] {
  const distinct = [...new Set(warnings)]
  const total = distinct.reduce((sum, warning) => sum + warning.length, 0)
  const texts = total > maxWarnings ? shorten(distinct) : distinct
  // Headers carry bytes: Go writes them in UTF-8.
  return texts.map(text => Buffer.from(`299 - ${quoteWarning(text)}`).toString('latin1'))
}

function shorten(warnings: readonly string[]): string[] {
  const texts: string[] = []
  let size = 0
  for (const warning of warnings) {
    if (size >= maxWarnings) break
    const text = [...warning].slice(0, maxWarning).join('')
    size += text.length
    texts.push(text)
  }
  return texts
}
