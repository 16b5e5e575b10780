/** `overload`: slow clients that hold connections, and more requests at once than the server takes. */
import { connect, type TLSSocket } from 'node:tls'
import { request } from '../../../bench/http.js'
import { Caller } from '../caller.js'
import type { OwnServer, SafetyCheck, ServerAddress } from '../check.js'

/** Milliseconds. */
const patience = { live: 1000, recovery: 5000 }

/** Sends the beginning of a request and then nothing, or reads nothing of a long answer. */
function slowClient({ url, tls }: ServerAddress, n: number): Promise<TLSSocket> {
  const { hostname: host, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), ALPNProtocols: ['http/1.1'], ...tls }, () => {
      socket.pause()
      socket.write(n % 2 ? 'GET /api/v1/pods HTTP/1.1\r\nHost: x\r\n' : 'GET /openapi/v2 HTTP/1.1\r\nHost: x\r\n\r\n')
      resolve(socket)
    })
    socket.on('error', reject)
  })
}

/** Asks `/livez` until told to stop; resolves with how long each answer took. */
async function probe(server: ServerAddress, isOver: () => boolean): Promise<number[]> {
  const caller = new Caller([server])
  const times: number[] = []
  while (!isOver()) {
    const began = performance.now()
    const { status } = await caller.call({ path: '/livez' })
    times.push(status === 200 ? performance.now() - began : Number.POSITIVE_INFINITY)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  caller.close()
  return times.sort((a, b) => a - b)
}

/** So many requests at once, over a few connections. */
async function flood(server: ServerAddress, count: number): Promise<{ refused: number; violations: string[] }> {
  const callers = Array.from({ length: 20 }, () => new Caller([server]))
  const violations: string[] = []
  let refused = 0
  await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const session = await callers[n % callers.length]!.session()
      const stream = session.request({ ...server.headers, ':path': '/apis/rbac.authorization.k8s.io/v1/clusterroles' })
      await new Promise<void>(resolve => {
        stream.on('response', headers => {
          if (headers[':status'] === 429) refused++
          if (headers[':status'] === 429 && !headers['retry-after']) violations.push('a 429 without Retry-After')
          if ((headers[':status'] ?? 0) >= 500) violations.push(`answered ${headers[':status']}`)
        })
        stream.resume()
        stream.on('error', () => {})
        stream.on('close', () => resolve())
      })
    }),
  )
  for (const caller of callers) caller.close()
  return { refused, violations }
}

/** How long until a plain request is answered again as one should be. */
async function recovery(server: ServerAddress): Promise<number> {
  const began = performance.now()
  const caller = new Caller([server])
  const session = await caller.session()
  while ((await request(session, server.headers, { path: '/api/v1/namespaces' })).status !== 200) {}
  caller.close()
  return performance.now() - began
}

async function play(
  server: OwnServer,
  { slow, atOnce }: { slow: number; atOnce: number },
  say: (line: string) => void,
) {
  const sockets = await Promise.all(Array.from({ length: slow }, (_, n) => slowClient(server, n)))
  let isOver = false
  const probing = probe(server, () => isOver)
  const { refused, violations } = await flood(server, atOnce)
  isOver = true
  const times = await probing
  for (const socket of sockets) socket.destroy()
  const recovered = await recovery(server)
  const worst = times[Math.floor(times.length * 0.99)] ?? 0
  say(`  ${slow} slow clients, ${atOnce} requests at once: ${refused} refused with 429`)
  say(`  /livez p99 ${worst.toFixed(0)} ms of ${times.length}, recovered in ${recovered.toFixed(0)} ms`)
  if (worst > patience.live) violations.push(`/livez took ${worst.toFixed(0)} ms`)
  if (recovered > patience.recovery) violations.push(`recovered only after ${recovered.toFixed(0)} ms`)
  return violations
}

export const overload: SafetyCheck = {
  name: 'overload',
  claim:
    '/livez answers within a second under a flood, a 429 says when to come back, and the flood leaves nothing behind',
  async run({ long, startServer, say }) {
    const server = await startServer()
    try {
      return await play(server, long ? { slow: 1000, atOnce: 2000 } : { slow: 100, atOnce: 300 }, say)
    } finally {
      await server.stop()
    }
  },
}
