/**
 * Answers over HTTP/2 whose last byte is their end. Node's own wait for trailers once all has been written: that calls back, and
 * sends an empty frame behind every answer.
 */
import type { OutgoingHttpHeaders } from 'node:http'
import { type Http2ServerRequest, Http2ServerResponse } from 'node:http2'

export class ApiHttp2Response<
  Request extends Http2ServerRequest = Http2ServerRequest,
> extends Http2ServerResponse<Request> {
  /** To be set before the head is sent, where trailers may come: those of a backend. */
  mayHaveTrailers = false

  /** HTTP/2 has no message beside the code. */
  override writeHead(code: number, message?: string | OutgoingHttpHeaders, more?: OutgoingHttpHeaders): this {
    const { stream } = this
    if (stream.destroyed || stream.closed) return this
    const headers = typeof message === 'object' ? message : more
    for (const name in headers) this.setHeader(name, headers[name]!)
    this.statusCode = code
    const options = { endStream: this.writableEnded, waitForTrailers: this.mayHaveTrailers }
    stream.respond({ ...this.getHeaders(), ':status': code }, options)
    return this
  }
}
