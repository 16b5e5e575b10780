/** `overload`: slow clients that hold connections, and more requests at once than the server takes. */
import { once } from 'node:events'
import type { OutgoingHttpHeaders } from 'node:http2'
import { dirname, join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { Worker } from 'node:worker_threads'
import { request } from '../../../bench/http.js'
import { Caller } from '../caller.js'
import type { CheckSettings, OwnServer, SafetyCheck, ServerAddress } from '../check.js'

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

/** Looks at `/livez` from a thread of its own. */
function startProbe({ url, tls, headers }: ServerAddress, file: string) {
  const worker = new Worker(file, { workerData: { url, tls, headers } })
  const times = once(worker, 'message') as Promise<[number[]]>
  // Looked at when the flood is over.
  times.catch(() => {})
  return {
    async stop(): Promise<number[]> {
      worker.postMessage('stop')
      return (await times)[0]
    },
  }
}

const flooder = 'flooder'

/** May do everything, but is no administrator: those are never made to wait. */
async function makeFlooder(server: ServerAddress): Promise<ServerAddress> {
  const rbac = 'rbac.authorization.k8s.io'
  const caller = new Caller([server])
  const body = JSON.stringify({
    ...{ apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata: { name: flooder } },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: rbac, kind: 'User', name: flooder }],
  })
  const { status } = await caller.call({ method: 'POST', path: `/apis/${rbac}/v1/clusterrolebindings`, body })
  caller.close()
  if (status !== 201) throw new Error(`clusterrolebinding: ${status}`)
  return { ...server, headers: { ...server.headers, 'impersonate-user': flooder } }
}

/** How long a writer holds its place before it says what it wants, milliseconds. */
const hesitation = 1500

/** Every second request is a long answer, the others writes whose bodies come late. */
function floodRequest(n: number): { headers: OutgoingHttpHeaders; body?: string } {
  if (n % 2) return { headers: { ':path': '/apis/rbac.authorization.k8s.io/v1/clusterroles' } }
  const path = '/api/v1/namespaces/default/configmaps'
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `flood-${n}` } })
  return { headers: { ':path': path, ':method': 'POST', 'content-type': 'application/json' }, body }
}

interface Flooded {
  answered: number
  refused: number
  violations: string[]
}

/** So many requests at once, over a few connections. */
async function flood(server: ServerAddress, count: number): Promise<Flooded> {
  const callers = Array.from({ length: 20 }, () => new Caller([server]))
  const sessions = await Promise.all(callers.map(caller => caller.session()))
  const flooded: Flooded = { answered: 0, refused: 0, violations: [] }
  const send = (n: number) =>
    new Promise<void>(resolve => {
      const { headers, body } = floodRequest(n)
      const stream = sessions[n % sessions.length]!.request({ ...server.headers, ...headers }, { endStream: !body })
      stream.on('response', ({ ':status': status = 0, 'retry-after': retryAfter }) => {
        flooded.answered++
        if (status === 429) flooded.refused++
        if (status === 429 && !retryAfter) flooded.violations.push('a 429 without Retry-After')
        if (status >= 500) flooded.violations.push(`answered ${status}`)
      })
      stream.resume()
      stream.on('error', () => {})
      stream.on('close', () => resolve())
      if (body) setTimeout(() => stream.destroyed || stream.end(body), hesitation)
    })
  await Promise.all(Array.from({ length: count }, (_, n) => send(n)))
  for (const caller of callers) caller.close()
  return flooded
}

/** How long until who flooded is answered again as one should be. */
async function recovery(server: ServerAddress): Promise<number> {
  const began = performance.now()
  const caller = new Caller([server])
  const session = await caller.session()
  while ((await request(session, server.headers, { path: '/api/v1/namespaces' })).status !== 200)
    await new Promise(resolve => setTimeout(resolve, 20))
  caller.close()
  return performance.now() - began
}

interface Load {
  slow: number
  atOnce: number
}

async function play(
  server: OwnServer,
  { slow, atOnce }: Load,
  { probe, say }: { probe: string; say: CheckSettings['say'] },
) {
  const flooder = await makeFlooder(server)
  const sockets = await Promise.all(Array.from({ length: slow }, (_, n) => slowClient(server, n)))
  const probing = startProbe(server, probe)
  const { answered, refused, violations } = await flood(flooder, atOnce)
  const times = await probing.stop()
  for (const socket of sockets) socket.destroy()
  const recovered = await recovery(flooder)
  const worst = times[Math.floor(times.length * 0.99)] ?? 0
  say(`  ${slow} slow clients, ${atOnce} requests at once: ${answered} answered, ${refused} of them 429`)
  say(`  /livez p99 ${worst.toFixed(0)} ms of ${times.length}, recovered in ${recovered.toFixed(0)} ms`)
  if (!refused) violations.push('nobody was refused: that was no overload')
  if (worst > patience.live) violations.push(`/livez took ${worst.toFixed(0)} ms`)
  if (recovered > patience.recovery) violations.push(`recovered only after ${recovered.toFixed(0)} ms`)
  return violations
}

export const overload: SafetyCheck = {
  name: 'overload',
  claim:
    '/livez answers within a second under a flood, a 429 says when to come back, and the flood leaves nothing behind',
  async run({ long, startServer, program, say }) {
    if (!program) return ['the built command is needed']
    const probe = join(dirname(program), 'safety/overload-probe.mjs')
    const server = await startServer()
    try {
      return await play(server, long ? { slow: 1000, atOnce: 2000 } : { slow: 100, atOnce: 900 }, { probe, say })
    } finally {
      await server.stop()
    }
  },
}
