/** Reads a document of an extension server, on behalf of this server itself. */
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../../machinery/clock.js'
import type { UserInfo } from '../../machinery/request.js'
import { openRequest } from '../proxy/backend-request.js'
import { connectBackend, type Dial } from '../proxy/dial.js'
import { type BackendTls, hostOf, type Location } from '../proxy/location.js'
import { setIdentityHeaders } from './identity-headers.js'
import type { Endpoint } from './resolve-endpoint.js'

export interface RemoteAnswer {
  code: number
  headers: IncomingHttpHeaders
  body: Buffer
}

export interface RemoteRequest {
  method?: string
  /** With its query. */
  path: string
  headers?: OutgoingHttpHeaders
  /** For whom is asked. */
  user: UserInfo
  body?: string
  milliseconds: number
}

/** More than any OpenAPI document has. */
const maxAnswerBytes = 64 * 1024 * 1024

async function readAll(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer) {
    size += (chunk as Buffer).length
    if (size > maxAnswerBytes) throw new Error(`the answer is larger than ${maxAnswerBytes} bytes`)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

function ask(socket: Socket, location: Location, request: RemoteRequest): Promise<IncomingMessage> {
  const { path, headers = {}, user, method = 'GET', body } = request
  const outgoing = { ...headers, host: hostOf(location), 'user-agent': 'kube-apiserver' }
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  const all: OutgoingHttpHeaders = { ...outgoing, ...length }
  setIdentityHeaders(all, user)
  return new Promise((resolve, reject) => {
    const call = openRequest({ method }, socket, { host: location.host, path, headers: all })
    call.once('response', resolve)
    call.on('error', error => reject((error as NodeJS.ErrnoException).code === 'ECONNRESET' ? new Error('EOF') : error))
    call.once('close', () => reject(new Error('EOF')))
    call.end(body)
  })
}

/** Redirects are answers like others. Rejects with an Error in Go's words. */
export async function fetchRemote(
  endpoint: Endpoint & { tls: BackendTls },
  request: RemoteRequest,
  { dial, clock, signal }: { dial: Dial; clock: Clock; signal: AbortSignal },
): Promise<RemoteAnswer> {
  const location: Location = { scheme: 'https', ...endpoint }
  const ended = new AbortController()
  let late = false
  let socket: Socket | undefined
  const end = () => {
    ended.abort()
    socket?.destroy()
  }
  signal.addEventListener('abort', end)
  if (signal.aborted) end()
  const timer = clock.after(request.milliseconds, () => {
    late = true
    end()
  })
  try {
    socket = await connectBackend(location, dial, ended.signal)
    if (ended.signal.aborted) throw new Error('context canceled')
    const answer = await ask(socket, location, request)
    return { code: answer.statusCode ?? 0, headers: answer.headers, body: await readAll(answer) }
  } catch (error) {
    throw late ? new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)') : error
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', end)
    socket?.destroy()
  }
}
