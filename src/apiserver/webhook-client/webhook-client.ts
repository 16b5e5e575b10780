/** Calls webhooks: a JSON document goes out over HTTPS, one comes back. Failures are worded as Go words them: people search for them. */
import { type IncomingMessage, type RequestOptions, request as sendRequest } from 'node:http'

import { isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock, Random } from '../../machinery/clock.js'
import { joinHostPort } from '../../machinery/host-port.js'
import { type Status, StatusError } from '../../machinery/status-error.js'
import type { RestDirectory } from '../deps.js'
import { certificateError } from '../proxy/certificate-errors.js'
import type { Dial } from '../proxy/dial.js'
import { locateEndpoint } from '../proxy/service-location.js'

/** Upstream's WebhookClientConfig: a URL, or a service. */
export interface WebhookConfig {
  url?: string
  service?: { namespace: string; name: string; path?: string; port?: number }
  /** PEM in base64; without it the authorities that Node knows. */
  caBundle?: string
}

/** Resolves with the parsed answer. Rejects with an Error whose message is Go's, or the StatusError that the webhook answered with. */
export type CallWebhook = (config: WebhookConfig, body: unknown, timeoutMs: number) => Promise<unknown>

export interface WebhookClientDeps {
  clock: Clock
  random: Random
  rests: RestDirectory
  dial: Dial
}

const maxAnswerBytes = 3 * 1024 * 1024

interface Target {
  /** As errors show it. */
  url: string
  serverName: string
  path: string
  connect(signal: AbortSignal): Promise<Socket>
}

function serviceTarget(
  { namespace, name, path = '/', port = 443 }: NonNullable<WebhookConfig['service']>,
  query: string,
  { rests, dial, random }: WebhookClientDeps,
): Target {
  const serverName = `${name}.${namespace}.svc`
  const fullPath = `${path.startsWith('/') ? path : `/${path}`}${query}`
  return {
    url: `https://${serverName}:${port}${fullPath}`,
    serverName,
    path: fullPath,
    async connect(signal) {
      const [services, endpoints] = ['services', 'endpoints'].map(resource => rests.find('', 'v1', resource)!)
      const address = await locateEndpoint(
        { services: services!, endpoints: endpoints! },
        { namespace, name, port },
        random,
      )
      return dial(address, signal)
    },
  }
}

function urlTarget(text: string, query: string, { dial }: WebhookClientDeps): Target {
  const { hostname, port, pathname } = new URL(text)
  const host = hostname.replace(/^\[|\]$/gu, '')
  const address = { host, port: Number(port || 443) }
  const shownHost = new URL(text).host
  return {
    url: `https://${shownHost}${pathname}${query}`,
    serverName: host,
    path: `${pathname}${query}`,
    connect: signal => dial(address, signal),
  }
}

const systemErrors: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ECONNRESET: 'EOF',
  EPIPE: 'EOF',
}

function goWords(error: NodeJS.ErrnoException & { address?: string; port?: number }, target: Target): string {
  const { code = '', address, port } = error
  // Upstream's resolver speaks of one service.
  const message = error.message.replace(/^services (?=".*" not found$)/u, 'service ')
  const certificate = certificateError(error, target.serverName)
  if (certificate) return certificate
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${target.serverName}: no such host`
  const system = systemErrors[code]
  if (!system) return message
  return address ? `dial tcp ${joinHostPort(address, port ?? 0)}: ${system}` : system
}

async function readAll(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer) {
    size += (chunk as Buffer).length
    if (size > maxAnswerBytes) throw new Error(`the answer is larger than ${maxAnswerBytes} bytes`)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString()
}

/** client-go's errors for answers that are no success. */
function unsuccessful(code: number, text: string): Error {
  if (code === 404) return new StatusError(code, 'NotFound', 'the server could not find the requested resource')
  if (code >= 500)
    return new StatusError(
      code,
      'InternalError',
      `an error on the server (${JSON.stringify(text.slice(0, 2048))}) has prevented the request from succeeding`,
    )
  return new StatusError(code, '', 'the server rejected our request for an unknown reason')
}

/** YAML is read too: any text is a string at least. */
const noDocument =
  'json: cannot unmarshal string into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

function parseAnswer(code: number, text: string): unknown {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    if (code >= 200 && code < 300) throw new Error(`couldn't get version/kind; json parse error: ${noDocument}`)
  }
  const { kind, status, reason, message, details } = (document ?? {}) as Partial<Status>
  if ((kind as string) === 'Status' && status !== 'Success')
    throw new StatusError(code, reason ?? '', message ?? '', details)
  if (code < 200 || code > 299) throw unsuccessful(code, text)
  return document
}

function exchange(
  target: Target,
  socket: Socket,
  { body, ca, signal }: { body: string; ca: string | undefined; signal: AbortSignal },
) {
  const options: RequestOptions = {
    method: 'POST',
    path: target.path,
    host: target.serverName,
    signal,
    // The connection is one to the service's pod; the certificate is for the service.
    createConnection: () =>
      connectTls({
        socket,
        servername: isIP(target.serverName) ? '' : target.serverName,
        host: target.serverName,
        ...(ca && { ca }),
      }),
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, */*',
      'user-agent': 'kube-apiserver-admission',
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    },
  }
  return new Promise<IncomingMessage>((resolve, reject) => {
    const call = sendRequest(options, resolve)
    call.on('error', reject)
    call.end(body)
  })
}

export function newWebhookClient(deps: WebhookClientDeps): CallWebhook {
  const post = newPost(deps)
  return async (config, document, timeoutMs) => {
    const { code, text } = await post(config, document, timeoutMs)
    return parseAnswer(code, text)
  }
}

function newPost(deps: WebhookClientDeps) {
  return async (config: WebhookConfig, document: unknown, timeoutMs: number) => {
    const query = `?timeout=${Math.ceil(timeoutMs / 1000)}s`
    const target = config.service
      ? serviceTarget(config.service, query, deps)
      : urlTarget(config.url ?? '', query, deps)
    const abort = new AbortController()
    const timer = deps.clock.after(timeoutMs, () => abort.abort())
    const { signal } = abort
    try {
      const socket = await target.connect(signal)
      const ca = config.caBundle && Buffer.from(config.caBundle, 'base64').toString()
      const answer = await exchange(target, socket, { body: JSON.stringify(document), ca, signal })
      return { code: answer.statusCode ?? 0, text: await readAll(answer) }
    } catch (error) {
      const why = signal.aborted ? 'context deadline exceeded' : goWords(error as Error, target)
      throw new Error(`Post ${JSON.stringify(target.url)}: ${why}`)
    } finally {
      timer.cancel()
    }
  }
}
