/** A loopback server that hands every upgrade to the streaming code, with a node that tests script; and clients for it. */
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Readable } from 'node:stream'
import { WebSocket } from 'ws'
import { FakeClock } from '../../machinery/fake-clock.js'
import type { NodeApi } from '../../machinery/node-api.js'
import { handleStreamingUpgrade } from './handle-upgrade.js'
import type { StreamingDeps, StreamingOptions, StreamingSubresource } from './streaming.js'

const never = () => Promise.reject(new Error('not expected'))

export const fakeNode = (over: Partial<NodeApi> = {}): NodeApi => ({
  logs: async () => Readable.from([]),
  exec: never,
  attach: never,
  portForward: never,
  ...over,
})

export interface TestSetup {
  node: Partial<NodeApi>
  subresource: StreamingSubresource
  options?: StreamingOptions
  deps?: Partial<StreamingDeps>
}

/** Collects what a WebSocket receives. */
export interface TestWebSocket {
  ws: WebSocket
  messages: Buffer[]
  closed: Promise<number>
}

export class StreamingTestServer {
  readonly clock = new FakeClock()
  /** Settles when the connection has been served. */
  served: Promise<void> = Promise.resolve()
  private readonly server = createServer()
  private readonly sockets = new Set<Socket>()

  constructor({ node, subresource, options = {}, deps }: TestSetup) {
    this.server.on('connection', socket => this.sockets.add(socket))
    this.server.on('upgrade', (req, socket, head) => {
      const target = { namespace: 'default', pod: 'web', container: 'app', uid: 'u1' }
      const upgrade = { req, socket, head, node: fakeNode(node), target, subresource, options }
      this.served = handleStreamingUpgrade(upgrade, { clock: this.clock, ...deps })
    })
  }

  async listen(): Promise<number> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    return this.port
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  async webSocket(protocols: string[]): Promise<TestWebSocket> {
    const ws = new WebSocket(`ws://127.0.0.1:${this.port}/`, protocols)
    const messages: Buffer[] = []
    ws.on('message', (data: Buffer) => messages.push(data))
    const closed = once(ws, 'close').then(([code]) => code as number)
    await once(ws, 'open')
    return { ws, messages, closed }
  }

  /** Sends a request by hand and gives the head of the answer, and the socket if it was a 101. */
  async upgrade(
    headers: Record<string, string>,
  ): Promise<{ code: number; headers: object; body: string; socket?: Socket }> {
    const req = request({
      host: '127.0.0.1',
      port: this.port,
      method: headers.Upgrade === 'websocket' ? 'GET' : 'POST',
      headers: { Connection: 'Upgrade', ...headers },
    })
    req.end()
    return new Promise((resolve, reject) => {
      req.on('error', reject)
      req.on('upgrade', (res, socket) =>
        resolve({ code: res.statusCode!, headers: res.headers, body: '', socket: socket as Socket }),
      )
      req.on('response', async res => {
        let body = ''
        for await (const chunk of res) body += chunk
        resolve({ code: res.statusCode!, headers: res.headers, body })
      })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    this.server.close()
    await this.served
  }
}
