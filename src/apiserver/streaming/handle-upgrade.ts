/** The entry: decides by the headers of an upgrade request what speaks to the client. */
import type { IncomingMessage } from 'node:http'
import { acceptSpdy, refuseUpgrade } from './http-answer.js'
import { watchIdle } from './idle-timeout.js'
import { type RemoteCommand, remoteCommandOptions } from './remote-command.js'
import { serveSpdyPortForward } from './spdy/spdy-port-forward.js'
import { serveSpdyRemoteCommand } from './spdy/spdy-remote-command.js'
import {
  defaultIdleTimeoutMs,
  portForwardProtocol,
  remoteCommandProtocols,
  type StreamingDeps,
  type StreamingUpgrade,
} from './streaming.js'
import { serveWebSocketLog } from './websocket/websocket-log.js'
import { serveWebSocketPortForward } from './websocket/websocket-port-forward.js'
import { serveWebSocketRemoteCommand } from './websocket/websocket-remote-command.js'

type Transport = 'websocket' | 'spdy'

function transportOf(req: IncomingMessage): Transport | undefined {
  const upgrade = (req.headers.upgrade ?? '').toLowerCase()
  if (!(req.headers.connection ?? '').toLowerCase().includes('upgrade')) return undefined
  if (upgrade === 'websocket') return 'websocket'
  return upgrade.includes('spdy/3.1') ? 'spdy' : undefined
}

/** The client's first protocol that the server speaks; answers the request when there is none. */
function negotiateSpdy<T extends string>({ req, socket }: StreamingUpgrade, supported: readonly T[]): T | undefined {
  const name = 'X-Stream-Protocol-Version'
  const header = req.headers[name.toLowerCase()] ?? []
  const offered = (Array.isArray(header) ? header.join(',') : header).split(',').map(part => part.trim())
  const protocols = offered.filter(part => part !== '')
  if (protocols.length === 0) {
    refuseUpgrade(socket, { code: 400, message: `unable to upgrade: ${name} is required` })
    return undefined
  }
  const protocol = protocols.map(part => supported.find(own => own === part)).find(own => own !== undefined)
  if (protocol === undefined) {
    const parties = `client supports [${protocols.join(' ')}], server accepts [${supported.join(' ')}]`
    const message = `unable to upgrade: unable to negotiate protocol: ${parties}`
    const headers = supported.map(own => ['X-Accepted-Stream-Protocol-Versions', own] as const)
    refuseUpgrade(socket, { code: 403, message, headers })
  }
  return protocol
}

async function serveRemoteCommand(upgrade: StreamingUpgrade, transport: Transport, deps: StreamingDeps): Promise<void> {
  const { node, target, socket } = upgrade
  const subresource = upgrade.subresource === 'attach' ? 'attach' : 'exec'
  let command: RemoteCommand
  try {
    command = { node, target, subresource, options: remoteCommandOptions(upgrade.options) }
  } catch (error) {
    refuseUpgrade(socket, { code: 400, message: (error as Error).message })
    return
  }
  if (transport === 'websocket') return serveWebSocketRemoteCommand(upgrade, command)
  const protocol = negotiateSpdy(upgrade, remoteCommandProtocols)
  if (!protocol) return
  startSpdy(upgrade, protocol)
  await serveSpdyRemoteCommand(socket, { command, protocol }, deps)
}

async function servePortForward(upgrade: StreamingUpgrade, transport: Transport, deps: StreamingDeps): Promise<void> {
  const { node, target, options, socket } = upgrade
  if (transport === 'websocket') {
    return serveWebSocketPortForward(upgrade, { node, target, ports: options.ports ?? [] }, deps)
  }
  const protocol = negotiateSpdy(upgrade, [portForwardProtocol])
  if (!protocol) return
  startSpdy(upgrade, protocol)
  await serveSpdyPortForward(socket, { node, target }, deps)
}

function startSpdy({ socket, head }: StreamingUpgrade, protocol: string): void {
  acceptSpdy(socket, protocol)
  if (head.length) socket.unshift(head)
}

async function dispatch(upgrade: StreamingUpgrade, deps: StreamingDeps): Promise<void> {
  const transport = transportOf(upgrade.req)
  const isLog = upgrade.subresource === 'log'
  if (!transport || (isLog && transport === 'spdy')) {
    refuseUpgrade(upgrade.socket, { code: 400, message: 'unable to upgrade: missing upgrade headers in request' })
  } else if (isLog) {
    const { node, target, options } = upgrade
    await serveWebSocketLog(upgrade, { node, target, log: options.log ?? {} })
  } else if (upgrade.subresource === 'portforward') await servePortForward(upgrade, transport, deps)
  else await serveRemoteCommand(upgrade, transport, deps)
}

/**
 * Serves exec, attach, port-forward or log to a client that asked to upgrade its HTTP/1.1 connection, over WebSocket or SPDY.
 *
 * The caller has authenticated, authorized, run admission, found the node and decoded the query, and hands the socket over: from
 * here on nothing else may read or write it. The request is answered here, refusals included; the promise resolves when the
 * connection is closed, and never rejects. A client that goes away, or is silent for `idleTimeoutMs`, aborts the signal that the
 * node was given.
 */
export async function handleStreamingUpgrade(upgrade: StreamingUpgrade, deps: StreamingDeps): Promise<void> {
  const { socket } = upgrade
  socket.on('error', () => socket.destroy())
  const idle = watchIdle(socket, deps.clock, deps.idleTimeoutMs ?? defaultIdleTimeoutMs)
  try {
    await dispatch(upgrade, deps)
  } catch (error) {
    deps.onError?.(error as Error)
    socket.destroy()
  } finally {
    idle.cancel()
  }
}
