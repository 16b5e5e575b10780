/** A request to a backend that is under way, over HTTP/1.1 or HTTP/2. */
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { type ClientHttp2Stream, constants } from 'node:http2'
import type { Readable, Writable } from 'node:stream'

export interface BackendAnswer {
  status: number
  statusMessage?: string | undefined
  headers: IncomingHttpHeaders
  /** Nothing follows the headers, not even trailers: that says more than an empty body does. */
  isHeadOnly: boolean
  body: Readable
  /** Known when the body has ended. */
  trailers(): IncomingHttpHeaders
}

export interface BackendExchange {
  /** Takes the body of the request. */
  body: Writable
  /** Whether the connection served others before: it may have been closed at the other end just now. */
  isReused: boolean
  /** Rejects when there is none. */
  answer: Promise<BackendAnswer>
  cancel(): void
}

const closed = () => new Error('closed')

export function exchangeOver1(request: ClientRequest): BackendExchange {
  const answer = new Promise<BackendAnswer>((resolve, reject) => {
    request.once('response', (from: IncomingMessage) =>
      resolve({
        status: from.statusCode ?? 502,
        statusMessage: from.statusMessage,
        headers: from.headers,
        isHeadOnly: false,
        body: from,
        trailers: () => from.trailers as IncomingHttpHeaders,
      }),
    )
    request.on('error', reject)
    request.once('close', () => reject(closed()))
  })
  return { body: request, isReused: request.reusedSocket, answer, cancel: () => void request.destroy() }
}

export function exchangeOver2(stream: ClientHttp2Stream): BackendExchange {
  let trailers: IncomingHttpHeaders = {}
  stream.once('trailers', found => {
    trailers = found
  })
  const answer = new Promise<BackendAnswer>((resolve, reject) => {
    stream.once('response', (headers, flags) =>
      resolve({
        status: headers[':status'] ?? 502,
        headers,
        isHeadOnly: (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0,
        body: stream,
        trailers: () => trailers,
      }),
    )
    stream.on('error', reject)
    stream.once('close', () => reject(closed()))
  })
  return { body: stream, isReused: false, answer, cancel: () => stream.close(constants.NGHTTP2_CANCEL) }
}
