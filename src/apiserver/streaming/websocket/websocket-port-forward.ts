/** Port-forward over WebSocket: SPDY in its messages (kubectl 1.31 and later), or two channels for each port of the query. */
import { refuseUpgrade } from '../http-answer.js'
import { forwardPort } from '../port-forward.js'
import { type PortForward, serveSpdyPortForward } from '../spdy/spdy-port-forward.js'
import { portForwardProtocol, type StreamingDeps, tunnelPrefix } from '../streaming.js'
import { ChannelSocket, codecOf } from './channel-socket.js'
import { closed, offeredProtocols, type UpgradeRequest, upgradeToWebSocket } from './upgrade.js'

const tunnelProtocol = `${tunnelPrefix}${portForwardProtocol}`
const channelProtocols = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io', '']

export interface WebSocketPortForward extends PortForward {
  /** Of the query, for clients that forward by channels. */
  ports: readonly number[]
}

/** The port, in little endian, is the first message of both its channels. */
function portBytes(port: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(port)
  return bytes
}

async function forwardByChannels(socket: ChannelSocket, forward: WebSocketPortForward): Promise<void> {
  const forwarded = forward.ports.map(async (port, i) => {
    const [data, error] = [2 * i, 2 * i + 1]
    for (const channel of [data, error]) socket.send(channel, portBytes(port), () => {})
    const readable = socket.reader(data)
    const stream = { readable, writable: socket.writer(data), signal: socket.signal }
    const message = await forwardPort(forward, port, stream)
    if (message !== undefined) socket.send(error, Buffer.from(message), () => {})
    readable.resume()
  })
  await Promise.all(forwarded)
}

async function serveTunnel(request: UpgradeRequest, forward: PortForward, deps: StreamingDeps): Promise<void> {
  const upgraded = await upgradeToWebSocket(request, [tunnelProtocol])
  if (!upgraded) return
  const { createWebSocketStream } = await import('ws')
  await serveSpdyPortForward(createWebSocketStream(upgraded.ws), forward, deps)
}

/** Serves one client; resolves when the connection is closed. */
export async function serveWebSocketPortForward(
  request: UpgradeRequest,
  forward: WebSocketPortForward,
  deps: StreamingDeps,
): Promise<void> {
  if (offeredProtocols(request.req).some(protocol => protocol.startsWith(tunnelPrefix))) {
    return serveTunnel(request, forward, deps)
  }
  if (forward.ports.length === 0) {
    refuseUpgrade(request.socket, { code: 400, message: 'query parameter "port" is required' })
    return
  }
  const upgraded = await upgradeToWebSocket(request, channelProtocols)
  if (!upgraded) return
  await forwardByChannels(new ChannelSocket(upgraded.ws, codecOf(upgraded.protocol)), forward)
  upgraded.ws.close(1000)
  await closed(upgraded.ws)
}
