/** Reads a document of an extension server, on behalf of this server itself. */
import { EventEmitter } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../../machinery/clock.js'
import type { UserInfo } from '../../machinery/request.js'
import { newRequestEnd } from '../http/request-end.js'
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

export interface OpenAnswer {
  answer: IncomingMessage
  /** Ends the connection. */
  close(): void
}

interface FetchDeps {
  dial: Dial
  clock: Clock
  /** Aborted: the connection ends. */
  signal: AbortSignal
}

/**
 * The head of an answer whose body is still to come; `milliseconds` is the time for the head. Redirects are answers like others.
 * Rejects with an Error in Go's words.
 */
export async function openRemote(
  endpoint: Endpoint & { tls: BackendTls },
  request: RemoteRequest,
  { dial, clock, signal }: FetchDeps,
): Promise<OpenAnswer> {
  const location: Location = { scheme: 'https', ...endpoint }
  const { signal: ended, release } = newRequestEnd(new EventEmitter(), signal)
  let late = false
  let socket: Socket | undefined
  const close = () => {
    release()
    socket?.destroy()
  }
  ended.addEventListener('abort', () => socket?.destroy())
  const timer = clock.after(request.milliseconds, () => {
    late = true
    close()
  })
  try {
    socket = await connectBackend(location, dial, ended)
    if (ended.aborted) throw new Error('context canceled')
    const answer = await ask(socket, location, request)
    answer.once('close', close)
    return { answer, close }
  } catch (error) {
    close()
    throw late ? new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)') : error
  } finally {
    timer.cancel()
  }
}

/** The whole answer. Rejects as `openRemote` does. */
export async function fetchRemote(
  endpoint: Endpoint & { tls: BackendTls },
  request: RemoteRequest,
  deps: FetchDeps,
): Promise<RemoteAnswer> {
  const { answer, close } = await openRemote(endpoint, request, deps)
  const timer = deps.clock.after(request.milliseconds, () => answer.destroy(new Error('context deadline exceeded')))
  try {
    return { code: answer.statusCode ?? 0, headers: answer.headers, body: await readAll(answer) }
  } finally {
    timer.cancel()
    close()
  }
}
