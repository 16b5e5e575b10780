/** Passes an upgraded connection on to a backend: WebSocket, SPDY or whatever both ends agree on. */
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { StatusError } from '../../machinery/status-error.js'
import { newRequestEnd } from '../http/request-end.js'
import { type Backend, openRequest } from './backend-request.js'
import { connectBackend, type Dial } from './dial.js'
import { upgradeHeaders } from './headers.js'

/** A connection whose client asked for an upgrade, with what it has already sent. */
export interface UpgradeRequest {
  request: IncomingMessage
  socket: Duplex
  head: Buffer
}

type Answer = { answer: IncomingMessage } & ({ socket: Duplex; head: Buffer } | { socket?: undefined })

/** A plain error of upstream's, and so a 500 without a reason. */
const failure = (message: string) => new StatusError(500, '', message)

/** Upstream leaves the query behind. */
function ask(request: IncomingMessage, backend: Backend, connection: Socket): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { location, target } = backend
    const path = target.escaped
    const headers = upgradeHeaders(request)
    backend.editHeaders?.(headers)
    const outgoing = openRequest(request, connection, { host: location.host, path, headers })
    outgoing.once('upgrade', (answer, socket, head) => resolve({ answer, socket, head }))
    outgoing.once('response', answer => resolve({ answer }))
    outgoing.on('error', () => reject(failure('unexpected EOF')))
    outgoing.once('close', () => reject(failure('unexpected EOF')))
    outgoing.end()
  })
}

const ownHeaders: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding'])

function headOf(answer: IncomingMessage, keep: (name: string) => boolean, more: readonly string[] = []): Buffer {
  const { statusCode = 0, rawHeaders } = answer
  const lines = [`HTTP/1.1 ${statusCode} ${answer.statusMessage || (STATUS_CODES[statusCode] ?? '')}`]
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (keep(rawHeaders[i]!.toLowerCase())) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`)
  return Buffer.from([...lines, ...more, '', ''].join('\r\n'), 'latin1')
}

/** Both directions until one of them has ended and is delivered: then the whole connection does. */
function join(client: Duplex, backend: Duplex): Promise<void> {
  return new Promise(resolve => {
    for (const side of [client, backend]) side.once('finish', resolve).once('close', resolve)
    client.pipe(backend)
    backend.pipe(client)
  })
}

/** Shows the client a refusal, and closes: the connection is not to be used again. */
async function refuse({ socket }: UpgradeRequest, answer: IncomingMessage): Promise<void> {
  const { statusCode = 0 } = answer
  if (statusCode < 400) throw failure(`invalid upgrade response: status code ${statusCode}`)
  socket.write(headOf(answer, name => !ownHeaders.has(name), ['Connection: close']))
  await pipeline(answer, socket)
}

/** Resolves when the connection has ended. Throws StatusErrors, and only while nothing has been answered. */
export async function forwardUpgrade(
  upgrade: UpgradeRequest,
  backend: Backend,
  { dial, stopping }: { dial: Dial; stopping: AbortSignal },
): Promise<void> {
  const { request, socket, head } = upgrade
  const { signal, release } = newRequestEnd(socket, stopping)
  let connection: Socket | undefined
  const cut = () => connection?.destroy()
  signal.addEventListener('abort', cut)
  try {
    connection = await connectBackend(backend.location, dial, signal).catch((error: Error) => {
      throw failure(`error dialing backend: ${error.message}`)
    })
    if (signal.aborted) cut()
    const asked = await ask(request, backend, connection)
    if (!asked.socket) return await refuse(upgrade, asked.answer)
    socket.write(Buffer.concat([headOf(asked.answer, () => true), asked.head]))
    asked.socket.write(head)
    await join(socket, asked.socket)
    socket.destroy()
  } finally {
    release()
    cut()
  }
}
