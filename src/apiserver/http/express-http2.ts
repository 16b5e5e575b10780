/**
 * Lets an Express application answer HTTP/2 requests. Express gives each request its own prototypes, which inherit from
 * HTTP/1.1's; over HTTP/2 the same methods must inherit from HTTP/2's classes instead.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Express } from 'express'

interface ExpressModule {
  request: object
  response: object
}

/** `own` over `base`, tied to the application. */
function inherit(own: object, base: object, app: Express): object {
  const methods = Object.create(base, Object.getOwnPropertyDescriptors(own)) as object
  return Object.create(methods, { app: { value: app, configurable: true, writable: true, enumerable: true } }) as object
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** The application as a listener for both protocols. */
export function forBothProtocols(app: Express, express: ExpressModule): Handler {
  const settings = app as unknown as { request: object; response: object }
  const http1 = { request: settings.request, response: settings.response }
  const http2 = {
    request: inherit(express.request, Http2ServerRequest.prototype, app),
    response: inherit(express.response, Http2ServerResponse.prototype, app),
  }
  return (request, response) => {
    const isHttp2 = request.httpVersionMajor === 2
    // Express reads these when the call begins, and not later.
    Object.assign(settings, isHttp2 ? http2 : http1)
    if (isHttp2) request.headers.host ??= (request as IncomingMessage & { authority?: string }).authority ?? ''
    app(request, response)
  }
}
