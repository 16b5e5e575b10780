/** Hands requests over to the extension server that an APIService names, on behalf of the user who asks. */
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../machinery/clock.js'
import { StatusError } from '../../machinery/status-error.js'
import { sendText } from '../http/errors.js'
import type { Exchange } from '../http/exchange.js'
import { sendBody } from '../http/send.js'
import type { Backend } from '../proxy/backend-request.js'
import type { Dial } from '../proxy/dial.js'
import { forwardRequest } from '../proxy/forward.js'
import { forwardUpgrade, type UpgradeRequest } from '../proxy/forward-upgrade.js'
import { hostOf, type Location } from '../proxy/location.js'
import { rawQueryOf } from '../proxy/target-path.js'
import { escapePath, toByteString } from '../proxy/url-path.js'
import { setIdentityHeaders } from './identity-headers.js'
import type { RemoteService } from './remote-service.js'
import type { Endpoint } from './resolve-endpoint.js'

export interface ServeRemoteContext {
  clock: Clock
  dial: Dial
  /** Aborted when the server stops. */
  stopping: AbortSignal
  /** Throws where there is no endpoint. */
  resolve(remote: RemoteService): Endpoint
}

/** A list of resources is asked for by clients that wait for many such: it must be quick. Upstream's figure. */
const discoveryMilliseconds = 5000

const unavailable = () => new StatusError(503, '', 'service unavailable')

/** Throws upstream's answer where nobody is to be asked. */
function locate(remote: RemoteService, { resolve }: ServeRemoteContext): Location {
  if (!remote.available) throw unavailable()
  try {
    return { scheme: 'https', ...resolve(remote), tls: remote.tls }
  } catch {
    throw unavailable()
  }
}

/** `query`: what the path is to end with. */
function backendOf({ request, response, info, user }: Exchange, location: Location, query: string): Backend {
  const escaped = escapePath(toByteString(info.path))
  const host = hostOf(location)
  return {
    location,
    target: { path: info.path, escaped: escaped + query, prefix: '', forwardedUri: escaped },
    refusesRedirects: true,
    editHeaders(headers) {
      headers.host = host
      const auditId = response.getHeader('Audit-Id')
      if (auditId) headers['audit-id'] = auditId
      if (request.headers.upgrade === undefined) {
        headers['x-forwarded-host'] = host
        headers['x-forwarded-proto'] = 'https'
      }
      setIdentityHeaders(headers, user)
    },
  }
}

/** Ends with the server, or when a list of resources takes too long. */
function limited({ info }: Exchange, { clock, stopping }: ServeRemoteContext) {
  const limit = new AbortController()
  let late = false
  const stop = () => limit.abort()
  stopping.addEventListener('abort', stop)
  if (stopping.aborted) stop()
  const isDiscovery = !info.isResource && info.path.split('/').filter(Boolean).length === 3
  const expire = () => {
    late = true
    stop()
  }
  const timer = isDiscovery ? clock.after(discoveryMilliseconds, expire) : undefined
  return {
    signal: limit.signal,
    isLate: () => late,
    release() {
      timer?.cancel()
      stopping.removeEventListener('abort', stop)
    },
  }
}

/** A failure is text, as upstream's proxy tells it, and never a Status. */
async function answerFailure(exchange: Exchange, error: StatusError): Promise<void> {
  const { response } = exchange
  if (response.headersSent) {
    response.destroy()
    return
  }
  // Upstream puts this one in place of the server's answer; the others are its own.
  if (error.code === 502)
    return sendBody(exchange, 502, { contentType: 'text/plain; charset=utf-8', body: error.message })
  return sendText(exchange, error.code, `${error.message}\n`)
}

/** Answers an authorized request. */
export async function serveRemote(
  exchange: Exchange,
  remote: RemoteService,
  context: ServeRemoteContext,
): Promise<void> {
  const limit = limited(exchange, context)
  try {
    const backend = backendOf(exchange, locate(remote, context), '')
    await forwardRequest(exchange, backend, { dial: context.dial, stopping: limit.signal })
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    const late = limit.isLate() && new StatusError(503, '', 'error trying to reach service: context deadline exceeded')
    await answerFailure(exchange, late || error)
  } finally {
    limit.release()
  }
}

/** An answer on a connection that will not be upgraded. */
function refuse(socket: Duplex, code: number, text: string): void {
  const headers = [
    'Content-Type: text/plain; charset=utf-8',
    'X-Content-Type-Options: nosniff',
    'Cache-Control: no-cache, private',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
  ]
  socket.end([`HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}`, ...headers, '', text].join('\r\n'))
}

/** The same for a connection that is to be upgraded; resolves when it has ended. */
export async function upgradeRemote(
  exchange: Exchange,
  upgrade: UpgradeRequest,
  { remote, context }: { remote: RemoteService; context: ServeRemoteContext },
): Promise<void> {
  try {
    const backend = backendOf(exchange, locate(remote, context), rawQueryOf(exchange.request))
    await forwardUpgrade(upgrade, backend, { dial: context.dial, stopping: context.stopping })
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    refuse(upgrade.socket, 503, `${error.message}\n`)
  }
}
