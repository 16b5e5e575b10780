import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import type { NodeApi } from '../../machinery/node-api.js'
import { parsePort } from './port-forward.js'
import { ByteReader } from './spdy/byte-reader.js'
import { SpdyTestPeer } from './spdy/spdy-test-peer.js'
import { StreamingTestServer } from './streaming-test-server.js'

/** Sends back what comes, after the port. */
const echo: Partial<NodeApi> = {
  async portForward(_ref, port, { readable, writable }) {
    if (port === 1) throw new Error('connection refused')
    writable.write(`${port}:`)
    for await (const chunk of readable) if (!writable.write(chunk)) await new Promise(r => writable.once('drain', r))
    writable.end()
  },
}
const refused = 'error forwarding port 1 to pod web_default, uid u1: connection refused'

async function start(ports: number[] = []) {
  const server = new StreamingTestServer({ node: echo, subresource: 'portforward', options: { ports } })
  await server.listen()
  return server
}

const transports = [
  {
    name: 'SPDY',
    connect: async (server: StreamingTestServer) => {
      const headers = { Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': 'portforward.k8s.io' }
      return new SpdyTestPeer((await server.upgrade(headers)).socket!)
    },
  },
  {
    name: 'SPDY inside a WebSocket',
    connect: async (server: StreamingTestServer) => new SpdyTestPeer(await tunnel(server)),
  },
]

/** Masked frames to the server, bare ones from it: the client library refuses the subprotocol's name. */
class TunnelEnd extends Duplex {
  private readonly reader: ByteReader
  constructor(private readonly socket: Socket) {
    super()
    this.reader = new ByteReader(socket)
    void this.receive().finally(() => this.push(null))
  }

  private async receive(): Promise<void> {
    for (;;) {
      const head = await this.reader.read(2)
      const short = (head?.[1] ?? 0) & 0x7f
      const extended = short > 125 ? await this.reader.read(short === 126 ? 2 : 8) : undefined
      const length = extended ? extended.readUIntBE(extended.length - 2, 2) : short
      const body = head && length > 0 ? await this.reader.read(length) : undefined
      if (!head || head[0] === 0x88) return
      if (body) this.push(body)
    }
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const head = Buffer.from([0x82, 0xfe, 0, 0, 0, 0, 0, 0])
    head.writeUInt16BE(chunk.length, 2)
    this.socket.write(Buffer.concat([head, chunk]), () => done())
  }
}

async function tunnel(server: StreamingTestServer): Promise<Duplex> {
  const answer = await server.upgrade({
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Protocol': 'SPDY/3.1+portforward.k8s.io',
  })
  expect(answer.headers).toMatchObject({ 'sec-websocket-protocol': 'SPDY/3.1+portforward.k8s.io' })
  return new TunnelEnd(answer.socket!)
}

describe.each(transports)('over $name', ({ connect }) => {
  const open = async (peer: SpdyTestPeer, port: string, requestid: string) => {
    const error = await peer.open({ streamtype: 'error', port, requestid })
    return { error, data: await peer.open({ streamtype: 'data', port, requestid }) }
  }

  test('each pair of streams is a connection', async () => {
    await using server = await start()
    const peer = await connect(server)
    const [a, b] = [await open(peer, '80', '0'), await open(peer, '81', '1')]
    peer.data(a.data, 'one', true)
    peer.data(b.data, 'two', true)
    await Promise.all([peer.fin(a.data), peer.fin(b.data), peer.fin(a.error)])
    expect([peer.text(a.data), peer.text(b.data)]).toEqual(['80:one', '81:two'])
    expect(peer.text(a.error)).toBe('')
  })

  test('a port that cannot be reached is told on the error stream', async () => {
    await using server = await start()
    const peer = await connect(server)
    const pair = await open(peer, '1', '0')
    await peer.fin(pair.error)
    expect(peer.text(pair.error)).toBe(refused)
    await peer.control(3, pair.data)
  })

  test('old clients without request ids', async () => {
    await using server = await start()
    const peer = await connect(server)
    await peer.open({ streamtype: 'error', port: '80' })
    const data = await peer.open({ streamtype: 'data', port: '80' })
    peer.data(data, 'x', true)
    await peer.fin(data)
    expect(peer.text(data)).toBe('80:x')
  })

  test.each([
    { streamtype: 'data', port: '0', requestid: '0' },
    { streamtype: 'data', requestid: '0' },
    { streamtype: 'other', port: '80', requestid: '0' },
  ])('a stream with the headers %j is refused', async headers => {
    await using server = await start()
    const peer = await connect(server)
    await peer.control(3, await peer.open(headers as Record<string, string>))
  })

  test('half a pair does not stay for ever', async () => {
    await using server = await start()
    const peer = await connect(server)
    const error = await peer.open({ streamtype: 'error', port: '80', requestid: '0' })
    await peer.control(2, error)
    await server.clock.advance(30_000)
    await peer.fin(error)
    expect(peer.text(error)).toBe('timed out waiting for streams')
  })
})

describe('over WebSocket channels', () => {
  test('two for each port, the port first', async () => {
    await using server = await start([8080, 1])
    const client = await server.webSocket(['v4.channel.k8s.io'])
    client.ws.send(Buffer.from('\u0000hello'))
    const on = (channel: number) => Buffer.concat(client.messages.filter(m => m[0] === channel).map(m => m.subarray(1)))
    while (on(0).length < 12 || on(3).length < 3) await new Promise(resolve => client.ws.once('message', resolve))
    expect(on(0).readUInt16LE()).toBe(8080)
    expect(on(0).subarray(2).toString()).toBe('8080:hello')
    expect(on(1)).toHaveLength(2)
    expect(on(2).readUInt16LE()).toBe(1)
    expect(on(3).subarray(2).toString()).toBe(refused)
    client.ws.close()
    await client.closed
    await server.served
  })

  test('no ports', async () => {
    await using server = await start()
    const answer = await server.upgrade({ Upgrade: 'websocket', 'Sec-WebSocket-Protocol': 'v4.channel.k8s.io' })
    expect(answer).toMatchObject({ code: 400, body: 'query parameter "port" is required\n' })
  })
})

test.each([
  ['80', 80],
  ['65535', 65535],
  ['0', undefined],
  ['65536', undefined],
  ['-1', undefined],
  ['http', undefined],
])('port %s', (text, port) => expect(parsePort(text)).toBe(port))
