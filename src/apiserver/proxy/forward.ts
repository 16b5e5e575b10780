/** Passes a request on to a backend and the answer back, both as they come. */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { internalError, StatusError, serviceUnavailable } from '../../machinery/status-error.js'
import type { Exchange } from '../http/exchange.js'
import { ApiHttp2Response } from '../http/http2-response.js'
import { newRequestEnd } from '../http/request-end.js'
import { type Backend, openRequest } from './backend-request.js'
import { connectBackend, type Dial } from './dial.js'
import { forwardedHeaders, requestHost, returnedHeaders } from './headers.js'
import { hostOf } from './location.js'
import { newHtmlTransform } from './rewrite-html.js'
import { BadUrl, type RewriteContext, rewriteUrl } from './rewrite-url.js'
import { rawQueryOf } from './target-path.js'

type Http2Request = IncomingMessage & { stream?: { endAfterHeaders: boolean } }

function hasBody(request: Http2Request): boolean {
  if (request.stream) return !request.stream.endAfterHeaders
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  return encoding !== undefined || Number(length ?? 0) > 0
}

const goWords: Readonly<Record<string, string>> = { ECONNRESET: 'EOF', EPIPE: 'EOF' }

function unreachable(error: unknown) {
  const { code = '', message } = error as NodeJS.ErrnoException
  const words = code.startsWith('HPE_')
    ? `net/http: HTTP/1.x transport connection broken: malformed HTTP response: ${message}`
    : (goWords[code] ?? message)
  return serviceUnavailable(`error trying to reach service: ${words}`)
}

/** Sends head and body; resolves with the head of the answer while the body may still be on its way. */
function send(request: IncomingMessage, backend: Backend, socket: Socket): Promise<IncomingMessage> {
  const { location, target } = backend
  const withBody = hasBody(request)
  const headers = forwardedHeaders(request, target.forwardedUri, withBody)
  backend.editHeaders?.(headers)
  return new Promise((resolve, reject) => {
    const path = target.escaped + rawQueryOf(request)
    const outgoing = openRequest(request, socket, { host: location.host, path, headers })
    // A body that nobody reads must not take the client's connection down before it has its answer.
    const giveUpBody = () => request.unpipe(outgoing)
    outgoing.once('response', resolve)
    outgoing.once('upgrade', (_answer, upgraded: Socket) => upgraded.destroy())
    outgoing.on('error', error => {
      giveUpBody()
      reject(error)
    })
    outgoing.once('close', () => {
      giveUpBody()
      reject(new Error('EOF'))
    })
    if (withBody) request.pipe(outgoing)
    else outgoing.end()
  })
}

function rewriteLocation(headers: Record<string, string[]>, context: RewriteContext): void {
  const [target] = headers.location ?? []
  if (!target) return
  try {
    headers.location = [rewriteUrl(target, context)]
  } catch (error) {
    if (error instanceof BadUrl) throw internalError(`error trying to parse Location header: ${error.message}`)
    throw error
  }
}

const isRedirect = ({ statusCode = 0, headers }: IncomingMessage) =>
  statusCode >= 300 && statusCode <= 399 && !!headers.location

const redirected = () =>
  new StatusError(502, '', 'the backend attempted to redirect this request, which is not permitted')

/** What a page passes through on its way; empty where it goes as it is. Changes the headers to fit. */
function rewriters(answer: IncomingMessage, headers: Record<string, string[]>, context: RewriteContext): Transform[] {
  const { 'content-type': type = '' } = answer.headers
  if (headers.location || !/^\s*text\/html\s*(;|$)/.test(type)) return []
  const encoding = answer.headers['content-encoding'] ?? ''
  if (encoding !== '' && encoding !== 'gzip') return []
  delete headers['content-length']
  const html = newHtmlTransform(context)
  return encoding ? [createGunzip(), html, createGzip()] : [html]
}

/** Throws 503 when the backend cannot be reached; once its answer has begun, a failure ends the client's stream. */
export async function forwardRequest(
  exchange: Exchange,
  backend: Backend,
  { dial, stopping }: { dial: Dial; stopping: AbortSignal },
): Promise<void> {
  const { request, response } = exchange
  const { signal, release } = newRequestEnd(response, stopping)
  let socket: Socket | undefined
  const cut = () => socket?.destroy()
  signal.addEventListener('abort', cut)
  try {
    socket = await connectBackend(backend.location, dial, signal)
    if (signal.aborted) cut()
    const answer = await send(request, backend, socket)
    if (backend.refusesRedirects && isRedirect(answer)) throw redirected()
    await answerWith(exchange, answer, backend)
  } catch (error) {
    throw error instanceof StatusError ? error : unreachable(error)
  } finally {
    release()
    cut()
  }
}

async function answerWith({ request, response }: Exchange, answer: IncomingMessage, { location, target }: Backend) {
  const context = { backendHost: hostOf(location), requestHost: requestHost(request), prefix: target.prefix }
  const headers = returnedHeaders(answer)
  rewriteLocation(headers, context)
  const stages = rewriters(answer, headers, context)
  for (const [name, values] of Object.entries(headers)) {
    // Upstream adds the backend's to its own.
    const own = response.getHeader(name)
    response.setHeader(name, own === undefined ? values : [own, values].flat().map(String))
  }
  if (response instanceof ApiHttp2Response) response.mayHaveTrailers = true
  response.writeHead(answer.statusCode ?? 502)
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  response.flushHeaders()
  try {
    await pipeline([answer, ...stages, response], { end: false })
  } catch {
    // Too late to say so: the client sees that the body breaks off.
    response.destroy()
    return
  }
  if (Object.keys(answer.trailers).length) response.addTrailers(answer.trailers as Record<string, string>)
  response.end()
}
