import { describe, expect, test } from '@jest/globals'
import type { ExecStreams, NodeApi, TerminalSize } from '../../machinery/node-api.js'
import { SpdyTestPeer } from './spdy/spdy-test-peer.js'
import type { StreamingOptions } from './streaming.js'
import { StreamingTestServer, type TestWebSocket } from './streaming-test-server.js'

type Exec = (streams: ExecStreams, command: readonly string[]) => Promise<number>

async function start(exec: Exec, options: StreamingOptions = {}) {
  const node: Partial<NodeApi> = {
    exec: (_ref, command, streams) => exec(streams, command),
    attach: (_ref, streams) => exec(streams, []),
  }
  const server = new StreamingTestServer({
    node,
    subresource: options.command ? 'exec' : 'attach',
    options: { stdin: true, stdout: true, stderr: !options.tty, ...options },
  })
  await server.listen()
  return server
}

const readAll = async (stream: AsyncIterable<Buffer> | undefined) => {
  let text = ''
  for await (const chunk of stream ?? []) text += chunk
  return text
}

const write = (stream: ExecStreams['stdout'], text: string) =>
  new Promise<void>(resolve => {
    stream!.write(text, () => resolve())
  })

const success = { metadata: {}, status: 'Success' }
const exit3 = {
  metadata: {},
  status: 'Failure',
  message: 'command terminated with non-zero exit code: error executing command [sh -c exit], exit code 3',
  reason: 'NonZeroExitCode',
  details: { causes: [{ reason: 'ExitCode', message: '3' }] },
}
const broken = {
  metadata: {},
  status: 'Failure',
  message: 'Internal error occurred: error executing command in container: no such container',
  reason: 'InternalError',
  details: { causes: [{ message: 'error executing command in container: no such container' }] },
  code: 500,
}

/** Messages of a binary channel, joined. */
const channel = ({ messages }: TestWebSocket, number: number) =>
  messages
    .filter(message => message[0] === number)
    .map(message => message.subarray(1).toString())
    .join('')

describe('over WebSocket', () => {
  test('v5: stdin ends by the close signal, outputs and status have their channels', async () => {
    const exec: Exec = async ({ stdin, stdout, stderr }) => {
      await write(stdout, `got ${await readAll(stdin)}`)
      await write(stderr, 'oops')
      return 3
    }
    await using server = await start(exec, { command: ['sh', '-c', 'exit'] })
    const client = await server.webSocket(['v5.channel.k8s.io', 'v4.channel.k8s.io'])
    expect(client.ws.protocol).toBe('v5.channel.k8s.io')
    client.ws.send(Buffer.from('\u0000hello'))
    client.ws.send(Buffer.of(255, 0))
    expect(await client.closed).toBe(1000)
    expect(client.messages[0]).toEqual(Buffer.of(1))
    expect(channel(client, 1)).toBe('got hello')
    expect(channel(client, 2)).toBe('oops')
    expect(JSON.parse(channel(client, 3))).toEqual(exit3)
    await server.served
  })

  test.each([
    { protocol: 'v4.channel.k8s.io', exec: async () => 0, status: JSON.stringify(success) },
    {
      protocol: 'v4.channel.k8s.io',
      exec: () => Promise.reject(new Error('no such container')),
      status: JSON.stringify(broken),
    },
    { protocol: 'channel.k8s.io', exec: async () => 0, status: '' },
    { protocol: 'channel.k8s.io', exec: () => Promise.reject(new Error('no such container')), status: broken.message },
  ])('$protocol: the end', async ({ protocol, exec, status }) => {
    await using server = await start(exec, { command: ['true'] })
    const client = await server.webSocket([protocol])
    await client.closed
    expect(channel(client, 3)).toBe(status)
  })

  test('without a subprotocol', async () => {
    await using server = await start(({ stdout }) => write(stdout, 'x').then(() => 0), { command: ['true'] })
    const client = await server.webSocket([])
    await client.closed
    expect(channel(client, 1)).toBe('x')
  })

  test('base64: channels are digits', async () => {
    const exec: Exec = async ({ stdin, stdout }) => {
      for await (const chunk of stdin!) {
        await write(stdout, `got ${chunk}`)
        break
      }
      return 0
    }
    await using server = await start(exec, { command: ['cat'] })
    const client = await server.webSocket(['v4.base64.channel.k8s.io'])
    client.ws.send(`0${Buffer.from('hello').toString('base64')}`)
    await client.closed
    const texts = client.messages.map(message => message.toString())
    expect(texts).toEqual([
      '1',
      `1${Buffer.from('got hello').toString('base64')}`,
      `3${Buffer.from(JSON.stringify(success)).toString('base64')}`,
    ])
  })

  test('a terminal: one output, and its sizes', async () => {
    const sizes: TerminalSize[] = []
    const exec: Exec = async ({ stdout, stderr, tty, resize }) => {
      for await (const size of resize!) {
        sizes.push(size)
        if (sizes.length === 2) break
      }
      await write(stdout, `tty ${tty}, stderr ${stderr !== undefined}`)
      return 0
    }
    await using server = await start(exec, { command: ['sh'], tty: true, stderr: true })
    const client = await server.webSocket(['v5.channel.k8s.io'])
    client.ws.send(Buffer.from('\u0004{"Width":80,"Hei'))
    client.ws.send(Buffer.from('\u0004ght":24}\n{"Width":-1}{"Width":100,"Height":30}'))
    await client.closed
    expect(sizes).toEqual([
      { width: 80, height: 24 },
      { width: 100, height: 30 },
    ])
    expect(channel(client, 1)).toBe('tty true, stderr false')
  })

  test('a client that leaves aborts the command and ends its stdin', async () => {
    let stdinEnded = false
    const exec: Exec = async ({ stdin, signal }) => {
      await readAll(stdin)
      stdinEnded = true
      if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve))
      return 137
    }
    await using server = await start(exec, { command: ['sleep'] })
    const client = await server.webSocket(['v5.channel.k8s.io'])
    client.ws.terminate()
    await server.served
    expect(stdinEnded).toBe(true)
  })

  test('input that nobody reads slows the client down, and does not keep the end from coming', async () => {
    let read = () => {}
    const reading = new Promise<void>(resolve => {
      read = resolve
    })
    await using server = await start(() => reading.then(() => 0), { command: ['sleep'] })
    const client = await server.webSocket(['v5.channel.k8s.io'])
    for (let i = 0; i < 50; i++) client.ws.send(Buffer.alloc(100_000))
    read()
    expect(await client.closed).toBe(1000)
  })

  test('attach succeeds whatever the exit code', async () => {
    await using server = await start(async () => 3)
    const client = await server.webSocket(['v5.channel.k8s.io'])
    await client.closed
    expect(JSON.parse(channel(client, 3))).toEqual(success)
  })
})

describe('over SPDY', () => {
  const spdy = async (server: StreamingTestServer, protocol: string) => {
    const { socket } = await server.upgrade({ Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': protocol })
    return new SpdyTestPeer(socket!)
  }

  test('v4: waits for all streams, ends them in order', async () => {
    const exec: Exec = async ({ stdin, stdout, stderr }) => {
      await write(stdout, `got ${await readAll(stdin)}`)
      await write(stderr, 'oops')
      return 3
    }
    await using server = await start(exec, { command: ['sh', '-c', 'exit'] })
    const peer = await spdy(server, 'v4.channel.k8s.io')
    const id: Record<string, number> = {}
    for (const streamtype of ['error', 'stdin', 'stdout', 'stderr']) id[streamtype] = await peer.open({ streamtype })
    peer.data(id.stdin!, 'hello', true)
    await peer.fin(id.error!)
    expect(peer.text(id.stdout!)).toBe('got hello')
    expect(peer.text(id.stderr!)).toBe('oops')
    expect(JSON.parse(peer.text(id.error!))).toEqual(exit3)
    await peer.end()
    peer.transport.end()
    await server.served
  })

  test.each([
    { protocol: 'v3.channel.k8s.io', streams: ['error', 'stdin', 'stdout', 'resize'] },
    { protocol: 'v2.channel.k8s.io', streams: ['error', 'stdin', 'stdout'] },
    { protocol: 'channel.k8s.io', streams: ['error', 'stdin', 'stdout'] },
  ])('$protocol: failures are plain text', async ({ protocol, streams }) => {
    const exec = () => Promise.reject(new Error('no such container'))
    await using server = await start(exec, { command: ['sh'], tty: true })
    const peer = await spdy(server, protocol)
    const ids: number[] = []
    for (const streamtype of streams) ids.push(await peer.open({ streamtype }))
    await peer.fin(ids[0]!)
    expect(peer.text(ids[0]!)).toBe(broken.message)
  })

  test('a client that never opens its streams is sent away', async () => {
    await using server = await start(async () => 0, { command: ['true'] })
    const peer = await spdy(server, 'v4.channel.k8s.io')
    const id = await peer.open({ streamtype: 'error' })
    await peer.control(2, id)
    await server.clock.advance(30_000)
    await peer.end()
    expect(peer.frames.at(-1)?.type).toBe(7)
  })

  test('a client that leaves aborts the command', async () => {
    let started = () => {}
    const running = new Promise<void>(resolve => {
      started = resolve
    })
    const exec: Exec = ({ signal }) =>
      new Promise(resolve => {
        started()
        signal.addEventListener('abort', () => resolve(137))
      })
    await using server = await start(exec, { command: ['sleep'] })
    const peer = await spdy(server, 'v4.channel.k8s.io')
    for (const streamtype of ['error', 'stdin', 'stdout', 'stderr']) await peer.open({ streamtype })
    await running
    peer.transport.destroy()
    await server.served
  })
})
