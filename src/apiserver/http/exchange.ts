/** One HTTP request and its answer on their way through the server. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { UserInfo } from '../../machinery/request.js'
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
  /** The time allotted to the request is over and the client has been told: whatever comes now is dropped. */
  timedOut?: boolean
}

const maxWarningBytes = 4096
const quoteWarning = (text: string) => JSON.stringify(text.replaceAll(/\p{Cc}/gu, ' '))

/** `299 - "text"`, each once, as many as fit into upstream's limit. */
export function warningHeaders(warnings: readonly string[]): string[] {
  const headers: string[] = []
  let size = 0
  for (const warning of new Set(warnings)) {
    const header = `299 - ${quoteWarning(warning)}`
    if ((size += header.length) > maxWarningBytes) break
    headers.push(header)
  }
  return headers
}
