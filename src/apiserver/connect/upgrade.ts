/** Upgraded connections: exec, attach, port-forward, logs and proxies, authorized like any request and handed to the layer that streams. */
import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { logOptionsOf } from '../../machinery/log-options.js'
import { booleanOf } from '../../machinery/query-values.js'
import { badRequest, StatusError } from '../../machinery/status-error.js'
import type { Aggregation } from '../aggregation/aggregation.js'
import { ImpersonationError } from '../authn/impersonation.js'
import { toStatusError } from '../http/errors.js'
import type { Exchange } from '../http/exchange.js'
import {
  admitRequest,
  newExchange,
  newRequestListener,
  type PipelineContext,
  type RequestListener,
} from '../http/pipeline.js'
import type { ProxyContext } from '../proxy/serve-proxy.js'
import { parseRequestInfo, type RequestInfo } from '../request-info.js'
import type { StreamingOptions, StreamingSubresource, StreamingUpgrade } from '../streaming/streaming.js'
import { findPodTarget } from './pod-target.js'

/** Takes the connection over. */
export type Stream = (upgrade: StreamingUpgrade) => void | Promise<void>

const switchingProtocols = 101

const subresources: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'log'])

const flag = (query: URLSearchParams, name: string, otherwise = false): boolean => booleanOf(query, name) ?? otherwise

function optionsOf(query: URLSearchParams, subresource: StreamingSubresource, pod: string): StreamingOptions {
  if (subresource === 'log') return { log: logOptionsOf(query, pod) }
  if (subresource === 'portforward')
    return { ports: query.getAll('ports').flatMap(list => list.split(',').map(Number)) }
  const isExec = subresource === 'exec'
  return {
    stdin: flag(query, 'stdin'),
    // Attach shows output unless told otherwise.
    stdout: flag(query, 'stdout', !isExec),
    stderr: flag(query, 'stderr', !isExec),
    tty: flag(query, 'tty'),
    ...(isExec && { command: query.getAll('command') }),
  }
}

/** An answer on a connection that will not be upgraded. */
export function refuse(socket: Duplex, { status, code }: StatusError): void {
  const body = JSON.stringify(status)
  socket.end(
    `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\ncontent-type: application/json\r\ncache-control: no-cache, private\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}

/** Whether something stands behind the path that speaks another protocol. */
const isUpgraded = ({ isResource, group, resource, subresource }: RequestInfo): boolean =>
  isResource && (subresource === 'proxy' || (resource === 'pods' && !group && subresources.has(subresource)))

interface Upgraded {
  request: IncomingMessage
  socket: Duplex
  head: Buffer
}

/** Upstream does not look at the wish of a client to upgrade where nothing is upgraded. Watches look at it when they begin. */
function serveAsItIs(listener: RequestListener, { request, socket, head }: Upgraded): void {
  if (head.length) socket.unshift(head)
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as Socket)
  response.on('finish', () => socket.end())
  listener(request, response)
}

export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** A listener for `upgrade` events, which come with HTTP/1.1 only. */
export function newUpgradeListener(
  context: PipelineContext,
  { deps, stopping, aggregator }: ProxyContext & { aggregator: Aggregation },
  stream: Stream,
): UpgradeListener {
  const listener = newRequestListener(context)
  const accept = async (exchange: Exchange, socket: Duplex, head: Buffer) => {
    const { request } = exchange
    const query = exchange.query ?? new URLSearchParams()
    exchange.info = parseRequestInfo(request.method ?? 'GET', exchange.info.path, query)
    const remote = aggregator.find(exchange.info)
    if (!remote && !isUpgraded(exchange.info)) return serveAsItIs(listener, { request, socket, head })
    await admitRequest(exchange, context)
    const { info, audit } = exchange
    const began = () => {
      audit?.started(switchingProtocols)
      socket.once('close', () => audit?.ended(switchingProtocols))
    }
    if (remote) {
      began()
      socket.once('close', context.metrics.longRunning(info))
      return aggregator.upgrade(exchange, { request, socket, head }, remote)
    }
    if (info.isResource && info.subresource === 'proxy') {
      const { upgradeProxy } = await import('../proxy/serve-proxy.js')
      began()
      socket.once('close', context.metrics.longRunning(info))
      return upgradeProxy(exchange, { request, socket, head }, { deps, stopping })
    }
    const subresource = info.subresource as StreamingSubresource
    const options = optionsOf(query, subresource, info.name)
    const container = subresource === 'portforward' ? undefined : (query.get('container') ?? '')
    const { ref, node, remote: elsewhere } = await findPodTarget(deps, info, container)
    if (!node) throw new StatusError(400, 'BadRequest', `pod ${info.name} does not have a host assigned`)
    const ended = context.metrics.longRunning(info)
    socket.once('close', ended)
    began()
    if (elsewhere && subresource !== 'log')
      return elsewhere.passOn({ request, socket, head }, { target: ref, subresource, options }, stopping)
    await stream({ req: request, socket, head, node, target: ref, subresource, options })
  }

  return (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const exchange = newExchange(request, new ServerResponse(request))
    accept(exchange, socket, head).catch(error => {
      const refused = toStatusError(
        error instanceof ImpersonationError ? badRequest(error.message) : error,
        context.log,
      )
      exchange.audit?.told({ ...refused.status, code: refused.code })
      exchange.audit?.ended(refused.code)
      if (socket.writable) refuse(socket, refused)
      else socket.destroy()
    })
  }
}
