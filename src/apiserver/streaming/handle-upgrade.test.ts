import { describe, expect, test } from '@jest/globals'
import { StreamingTestServer, type TestSetup } from './streaming-test-server.js'

async function start(setup: TestSetup) {
  const server = new StreamingTestServer(setup)
  await server.listen()
  return server
}

const exec = (options = {}): TestSetup => ({
  node: { exec: async () => 0 },
  subresource: 'exec',
  options: { command: ['x'], stdout: true, ...options },
})

interface Refusal {
  name: string
  setup: TestSetup
  headers: Record<string, string>
  code: number
  body: string
}

describe('refuses', () => {
  test.each<Refusal>([
    {
      name: 'a request to upgrade to something else',
      setup: exec(),
      headers: { Upgrade: 'h2c' },
      code: 400,
      body: 'unable to upgrade: missing upgrade headers in request\n',
    },
    {
      name: 'SPDY without a protocol',
      setup: exec(),
      headers: { Upgrade: 'SPDY/3.1' },
      code: 400,
      body: 'unable to upgrade: X-Stream-Protocol-Version is required\n',
    },
    {
      name: 'SPDY with a protocol from elsewhere',
      setup: exec(),
      headers: { Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': 'v9.channel.k8s.io' },
      code: 403,
      body: 'unable to upgrade: unable to negotiate protocol: client supports [v9.channel.k8s.io], server accepts [v4.channel.k8s.io v3.channel.k8s.io v2.channel.k8s.io channel.k8s.io]\n',
    },
    {
      name: 'exec without any stream',
      setup: exec({ stdout: false }),
      headers: { Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': 'v4.channel.k8s.io' },
      code: 400,
      body: 'you must specify at least 1 of stdin, stdout, stderr\n',
    },
    {
      name: 'a terminal with nothing but stderr',
      setup: exec({ stdout: false, stderr: true, tty: true }),
      headers: { Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': 'v4.channel.k8s.io' },
      code: 400,
      body: 'you must specify at least 1 of stdin, stdout, stderr\n',
    },
    {
      name: 'logs over SPDY',
      setup: { node: {}, subresource: 'log' } as TestSetup,
      headers: { Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': 'v4.channel.k8s.io' },
      code: 400,
      body: 'unable to upgrade: missing upgrade headers in request\n',
    },
    {
      name: 'a WebSocket with a protocol from elsewhere',
      setup: exec(),
      headers: { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': 'chat' },
      code: 403,
      body: 'requested protocol(s) are not supported: [chat]; supports [v5.channel.k8s.io v4.channel.k8s.io v4.base64.channel.k8s.io channel.k8s.io base64.channel.k8s.io ]\n',
    },
  ])('$name', async ({ setup, headers, code, body }) => {
    await using server = await start(setup)
    const answer = await server.upgrade(headers)
    expect({ code: answer.code, body: answer.body }).toEqual({ code, body })
    await server.served
  })

  test('a WebSocket without a key', async () => {
    await using server = await start(exec())
    const answer = await server.upgrade({ Upgrade: 'websocket' })
    expect(answer.code).toBe(400)
    await server.served
  })
})

test('names the protocol that was chosen', async () => {
  await using server = await start(exec())
  const answer = await server.upgrade({
    Upgrade: 'SPDY/3.1',
    'X-Stream-Protocol-Version': 'v9.channel.k8s.io, v3.channel.k8s.io, v4.channel.k8s.io',
  })
  expect(answer.code).toBe(101)
  expect(answer.headers).toMatchObject({ upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v3.channel.k8s.io' })
})

test('a silent connection is closed after a while', async () => {
  let aborted = false
  const node = {
    exec: (_ref: unknown, _command: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise<number>(resolve => {
        signal.addEventListener('abort', () => {
          aborted = true
          resolve(137)
        })
      }),
  }
  await using server = await start({ ...exec(), node, deps: { idleTimeoutMs: 1000 } })
  const client = await server.webSocket(['v4.channel.k8s.io'])
  await server.clock.advance(1000)
  await server.clock.advance(1000)
  await client.closed
  await server.served
  expect(aborted).toBe(true)
})
