/** Answers requests by the rules: passes them on to a pod of the backend, without holding anything back. */
import { Agent, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { Duplex, Writable } from 'node:stream'
import type { Random } from '../../machinery/clock.js'
import { type BackendAgents, type BackendRequest, openRequest } from './backend-request.js'
import { answer, clientOf, cutShort, hasBody, headOf, type Incoming, type Outgoing } from './exchange.js'
import { filtersOf, locationOf, pickBackend, targetFor } from './filters.js'
import { changeHeaders, forwardedHeaders, returnedHeaders } from './forwarded-headers.js'
import type { HttpRouter } from './http-router.js'
import type { HttpFilters, ServicePortRef } from './http-rule.js'
import type { HttpEndpoint, HttpEndpoints } from './service-endpoints.js'
import { joinUpgraded, refuseUpgrade } from './upgraded.js'

export interface HttpForwarderDeps {
  random: Random
  router(): HttpRouter
  endpointsOf(to: ServicePortRef): HttpEndpoints | undefined
}

/** Either an answer of our own, or what to ask whom. */
type Plan =
  | { status: number; text: string; location?: string }
  | { asked: BackendRequest; endpoints: readonly HttpEndpoint[]; filters: readonly HttpFilters[] }

const isOwnAnswer = (plan: Plan): plan is Extract<Plan, { status: number }> => 'status' in plan
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

export class HttpForwarder {
  readonly #agents: BackendAgents = {
    plain: new Agent({ keepAlive: true, maxFreeSockets: 64, timeout: 0 }),
    tls: new TlsAgent({ keepAlive: true, maxFreeSockets: 64, timeout: 0 }),
  }
  /** Endpoints are taken by turns. */
  #turn = 0

  constructor(private readonly deps: HttpForwarderDeps) {}

  /** `port` is the one that rules are declared for. Never rejects. */
  async serve(request: Incoming, response: Outgoing, port: number): Promise<void> {
    const plan = this.#plan(request, port)
    if (isOwnAnswer(plan)) {
      if (plan.location) response.setHeader('location', plan.location)
      return answer(response, plan.status, plan.text)
    }
    const isRepeatable = !hasBody(request) && idempotent.has(plan.asked.method)
    await this.#pass(request, response, plan, isRepeatable).catch(() => answer(response, 502, 'Bad Gateway'))
  }

  /** The same for a connection that the client wants to upgrade. */
  async serveUpgrade(request: IncomingMessage, socket: Duplex, { head, port }: { head: Buffer; port: number }) {
    socket.on('error', () => socket.destroy())
    // Clients that try for HTTP/2 without TLS go on as they are.
    const protocol = request.headers.upgrade?.toLowerCase() === 'h2c' ? undefined : request.headers.upgrade
    const plan = this.#plan(request, port, protocol)
    if (isOwnAnswer(plan)) return refuseUpgrade(socket, plan.status, plan.text)
    try {
      const outgoing = await openRequest(plan.endpoints, plan.asked, this.#agents)
      await joinUpgraded({ socket, head, outgoing })
    } catch {
      refuseUpgrade(socket, 502, 'Bad Gateway')
    }
  }

  #plan(request: Incoming, port: number, protocol?: string): Plan {
    const client = clientOf(request)
    const head = headOf(request, port, client)
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
    return { asked, endpoints: this.#inTurn(found.endpoints), filters }
  }

  #inTurn(endpoints: readonly HttpEndpoint[]): HttpEndpoint[] {
    this.#turn = (this.#turn + 1) % 0x3fffffff
    const first = this.#turn % endpoints.length
    return [...endpoints.slice(first), ...endpoints.slice(0, first)]
  }

  async #pass(
    request: Incoming,
    response: Outgoing,
    plan: Exclude<Plan, { status: number }>,
    isRepeatable: boolean,
  ): Promise<void> {
    const outgoing = await openRequest(plan.endpoints, plan.asked, this.#agents)
    // Gone while the connection was made.
    if (response.destroyed || response.writableEnded) return void outgoing.destroy()
    const cut = () => outgoing.destroy()
    response.once('close', cut)
    if (hasBody(request)) request.pipe(outgoing)
    else outgoing.end()
    try {
      giveBack(response, await answerOf(outgoing), plan.filters)
    } catch (error) {
      response.off('close', cut)
      // A connection that was kept may have been closed at the other end just now.
      if (isRepeatable && outgoing.reusedSocket && !response.destroyed)
        return this.#pass(request, response, plan, isRepeatable)
      throw error
    }
  }

  stop(): void {
    this.#agents.plain.destroy()
    this.#agents.tls.destroy()
  }
}

const answerOf = (outgoing: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.on('error', reject)
    outgoing.once('close', () => reject(new Error('closed')))
  })

/** Streams: what the backend sends is sent at once. */
function giveBack(response: Outgoing, from: IncomingMessage, filters: readonly HttpFilters[]): void {
  const headers = returnedHeaders(from.headers)
  for (const { responseHeaders } of filters) if (responseHeaders) changeHeaders(headers, responseHeaders)
  const status = from.statusCode ?? 502
  if ('stream' in response) response.writeHead(status, headers)
  else response.writeHead(status, from.statusMessage, headers).flushHeaders()
  from.once('error', () => cutShort(response))
  from.once('end', () => {
    if (Object.keys(from.trailers).length) response.addTrailers(from.trailers as Record<string, string>)
    response.end()
  })
  from.pipe(response as Writable, { end: false })
}
