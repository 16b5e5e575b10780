/** Answers requests by the rules: passes them on to a pod of the backend, without holding anything back. */
import { Agent, type IncomingMessage } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { Duplex, Writable } from 'node:stream'
import type { Clock, Random, Timer } from '../../machinery/clock.js'
import { type BackendAnswer, type BackendExchange, exchangeOver1, exchangeOver2 } from './backend-exchange.js'
import { type BackendAgents, type BackendRequest, openRequest } from './backend-request.js'
import { answer, clientOf, cutShort, hasBody, headOf, type Incoming, type Outgoing } from './exchange.js'
import { filtersOf, locationOf, pickBackend, targetFor } from './filters.js'
import { changeHeaders, forwardedHeaders, returnedHeaders } from './forwarded-headers.js'
import type { HttpRouter } from './http-router.js'
import type { HttpFilters, HttpPlace, ServicePortRef } from './http-rule.js'
import { Http2Backends } from './http2-backends.js'
import { copyTo, mirrorsOf } from './mirrors.js'
import type { HttpEndpoint, HttpEndpoints } from './service-endpoints.js'
import { joinUpgraded, refuseUpgrade } from './upgraded.js'

export interface HttpForwarderDeps {
  clock: Clock
  random: Random
  router(): HttpRouter
  endpointsOf(to: ServicePortRef): HttpEndpoints | undefined
}

interface Forwarding {
  asked: BackendRequest
  to: Pick<HttpEndpoints, 'endpoints' | 'isHttp2'>
  filters: readonly HttpFilters[]
  deadlineMs: number | undefined
}

/** Either an answer of our own, or what to ask whom. */
type Plan = { status: number; text: string; location?: string } | Forwarding

const isOwnAnswer = (plan: Plan): plan is Extract<Plan, { status: number }> => 'status' in plan
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

export class HttpForwarder {
  readonly #agents: BackendAgents = {
    plain: new Agent({ keepAlive: true, maxFreeSockets: 64, timeout: 0 }),
    tls: new TlsAgent({ keepAlive: true, maxFreeSockets: 64, timeout: 0 }),
  }
  readonly #http2 = new Http2Backends()
  /** Endpoints are taken by turns. */
  #turn = 0

  constructor(private readonly deps: HttpForwarderDeps) {}

  /** `place` is what rules are declared for. Never rejects. */
  async serve(request: Incoming, response: Outgoing, place: HttpPlace): Promise<void> {
    const plan = this.#plan(request, place)
    if (isOwnAnswer(plan)) {
      if (plan.location) response.setHeader('location', plan.location)
      return answer(response, plan.status, plan.text)
    }
    const isRepeatable = !hasBody(request) && idempotent.has(plan.asked.method)
    const inTime = this.#endInTime(response, plan.deadlineMs)
    await this.#pass(request, response, plan, isRepeatable).catch(() => {
      if (!response.writableEnded) answer(response, 502, 'Bad Gateway')
    })
    response.once('close', () => inTime?.cancel())
    if (response.destroyed || response.writableFinished) inTime?.cancel()
  }

  #endInTime(response: Outgoing, deadlineMs: number | undefined): Timer | undefined {
    if (deadlineMs === undefined) return undefined
    return this.deps.clock.after(deadlineMs, () => answer(response, 504, 'Gateway Timeout'))
  }

  /** The same for a connection that the client wants to upgrade. */
  async serveUpgrade(request: IncomingMessage, socket: Duplex, { head, place }: { head: Buffer; place: HttpPlace }) {
    socket.on('error', () => socket.destroy())
    // Clients that try for HTTP/2 without TLS go on as they are.
    const protocol = request.headers.upgrade?.toLowerCase() === 'h2c' ? undefined : request.headers.upgrade
    const plan = this.#plan(request, place, protocol)
    if (isOwnAnswer(plan)) return refuseUpgrade(socket, plan.status, plan.text)
    try {
      const outgoing = await openRequest(plan.to.endpoints, plan.asked, this.#agents)
      await joinUpgraded({ socket, head, outgoing })
    } catch {
      refuseUpgrade(socket, 502, 'Bad Gateway')
    }
  }

  #plan(request: Incoming, place: HttpPlace, protocol?: string): Plan {
    const client = clientOf(request)
    const head = headOf(request, place, client)
    const rule = this.deps.router().find(head)
    if (!rule) return { status: 404, text: 'Not Found: no Ingress and no HTTPRoute is for this host and path' }
    if (rule.filters?.redirect) {
      const { redirect } = rule.filters
      return { status: redirect.status, text: '', location: locationOf(redirect, head, rule, client) }
    }
    const backend = pickBackend(rule.backends, this.deps.random.next())
    if (!backend?.to) return { status: 500, text: `${rule.source} names no backend that is there` }
    const found = this.deps.endpointsOf(backend.to)
    const name = `service ${backend.to.namespace}/${backend.to.service}, port ${backend.to.port}`
    if (!found) return { status: 503, text: `${rule.source}: there is no ${name}` }
    if (!found.endpoints.length) return { status: 503, text: `${rule.source}: no pod of ${name} is ready` }
    const filters = filtersOf(rule, backend)
    const headers = forwardedHeaders(request.headers, client, protocol)
    if (hasBody(request) && headers['content-length'] === undefined) headers['transfer-encoding'] = 'chunked'
    for (const { requestHeaders, rewriteHost } of filters) {
      if (requestHeaders) changeHeaders(headers, requestHeaders)
      if (rewriteHost) headers.host = rewriteHost
    }
    const path = targetFor(request.url ?? '/', head, rule, filters)
    const asked = { method: head.method, path, headers, isTls: found.isTls, isUpgrade: protocol !== undefined }
    return { asked, to: { ...found, endpoints: this.#inTurn(found.endpoints) }, filters, deadlineMs: rule.deadlineMs }
  }

  async #open({ endpoints, isHttp2 }: Forwarding['to'], asked: BackendRequest): Promise<BackendExchange> {
    if (isHttp2) return exchangeOver2(await this.#http2.open(endpoints, asked))
    return exchangeOver1(await openRequest(endpoints, asked, this.#agents))
  }

  #mirror(request: Incoming, { asked, filters }: Forwarding): void {
    for (const { to } of mirrorsOf(filters, () => this.deps.random.next())) {
      const found = this.deps.endpointsOf(to)
      if (!found?.endpoints.length) continue
      const opening = this.#open(found, { ...asked, isTls: found.isTls })
      copyTo(hasBody(request) ? request : undefined, opening)
    }
  }

  #inTurn(endpoints: readonly HttpEndpoint[]): HttpEndpoint[] {
    this.#turn = (this.#turn + 1) % 0x3fffffff
    const first = this.#turn % endpoints.length
    return [...endpoints.slice(first), ...endpoints.slice(0, first)]
  }

  async #pass(request: Incoming, response: Outgoing, plan: Forwarding, isRepeatable: boolean): Promise<void> {
    const exchange = await this.#open(plan.to, plan.asked)
    exchange.answer.catch(() => {})
    // Gone while the connection was made.
    if (response.destroyed || response.writableEnded) return exchange.cancel()
    response.once('close', exchange.cancel)
    if (hasBody(request)) request.pipe(exchange.body)
    else exchange.body.end()
    this.#mirror(request, plan)
    try {
      const answered = await exchange.answer
      // Too late.
      if (response.headersSent) return exchange.cancel()
      giveBack(response, answered, plan.filters)
    } catch (error) {
      response.off('close', exchange.cancel)
      // A connection that was kept may have been closed at the other end just now.
      if (isRepeatable && exchange.isReused && !response.destroyed)
        return this.#pass(request, response, plan, isRepeatable)
      throw error
    }
  }

  stop(): void {
    this.#agents.plain.destroy()
    this.#agents.tls.destroy()
    this.#http2.stop()
  }
}

/** Streams: what the backend sends is sent at once. */
function giveBack(response: Outgoing, from: BackendAnswer, filters: readonly HttpFilters[]): void {
  const { status, statusMessage, body } = from
  const headers = returnedHeaders(from.headers)
  for (const { responseHeaders } of filters) if (responseHeaders) changeHeaders(headers, responseHeaders)
  body.once('error', () => cutShort(response))
  if (from.isHeadOnly && 'stream' in response) {
    // Written at its end, so that the client's headers are the end as well.
    response.statusCode = status
    for (const [name, value] of Object.entries(headers))
      if (value !== undefined) response.setHeader(name, value as string)
    body.resume()
    return void response.end()
  }
  if ('stream' in response) response.writeHead(status, headers)
  else response.writeHead(status, statusMessage, headers).flushHeaders()
  body.once('end', () => {
    const trailers = Object.entries(from.trailers()).filter(([name]) => name[0] !== ':')
    if (trailers.length) response.addTrailers(Object.fromEntries(trailers) as Record<string, string>)
    response.end()
  })
  body.pipe(response as Writable, { end: false })
}
