/** The way of every request: parsed, authenticated, held back when there are too many, authorized, then served. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../machinery/clock.js'
import type { SchemaSet } from '../../machinery/schema/types.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Auditor } from '../audit/auditor.js'
import { asksForImpersonation, ImpersonationError, impersonate } from '../authn/impersonation.js'
import type { Authenticate } from '../authn/request-authenticator.js'
import { anonymous } from '../authn/user.js'
import { type Authorize, requireAllowed } from '../authz/authorizer.js'
import { attributesOf } from '../authz/exchange-attributes.js'
import type { Seat } from '../flow-control/flow-control.js'
import { TooManyRequests } from '../flow-control/too-many-requests.js'
import type { AccessMetrics } from '../metrics/access-metrics.js'
import type { RequestMetrics } from '../metrics/request-metrics.js'
import { isLongRunning, parseRequestInfo, unreadRequest } from '../request-info.js'
import { sendError, sendText } from './errors.js'
import type { Exchange } from './exchange.js'
import { type Deadline, RequestDeadlines, requestTimedOut, timeoutOf } from './request-deadlines.js'
import { newRequestLog } from './request-log.js'

export interface PipelineContext {
  clock: Clock
  /** For requests that bring no id of their own. */
  newUuid(): string
  log: Logger
  schemas: SchemaSet
  authenticate: Authenticate
  authorize: Authorize
  /** Lets a request in, now or later; `wait`: milliseconds that it may be kept waiting. Throws TooManyRequests. */
  enter(exchange: Exchange, wait?: number): Seat | Promise<Seat>
  metrics: RequestMetrics
  access: AccessMetrics
  /** Absent: nothing is recorded. */
  audit?: Auditor
  /** Answers an authorized request. */
  serve(exchange: Exchange): Promise<void>
}

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void

const unreadable = /;|%(?![\da-f]{2})/i

/** Go leaves out what it cannot read: pairs with a semicolon, or a percent sign that begins no byte. */
const readable = (query: string): string =>
  unreadable.test(query)
    ? query
        .split('&')
        .filter(pair => !unreadable.test(pair))
        .join('&')
    : query

/** Splits the URL; the query is only looked at where there is one. */
function splitUrl(url: string): { path: string; query: URLSearchParams | undefined } {
  const question = url.indexOf('?')
  if (question < 0) return { path: url, query: undefined }
  return { path: url.slice(0, question), query: new URLSearchParams(readable(url.slice(question + 1))) }
}

type AdmitContext = Pick<PipelineContext, 'clock' | 'access' | 'authenticate' | 'authorize' | 'audit' | 'newUuid'>

/** Known to the client, where it has been told. */
const auditIdOf = ({ request, response }: Exchange, newUuid: () => string) =>
  String(response.getHeader('Audit-Id') ?? request.headers['audit-id'] ?? newUuid())

async function identify(exchange: Exchange, context: AdmitContext): Promise<void> {
  const { request, warnings } = exchange
  const { clock, access, authenticate, authorize, audit } = context
  const auditId = () => auditIdOf(exchange, context.newUuid)
  const started = clock.monotonic()
  const seconds = () => (clock.monotonic() - started) / 1000
  try {
    const identity = authenticate(request, message => warnings.push(message))
    exchange.user = identity instanceof Promise ? await identity : identity
  } catch (error) {
    access.authenticated(undefined, seconds())
    exchange.audit = audit?.unauthenticated(exchange, auditId)
    throw error
  }
  access.authenticated(exchange.user, seconds())
  if (audit) exchange.audit = audit.begin(exchange, auditId)
  if (!asksForImpersonation(request.headers)) return
  exchange.user = await impersonate(request, exchange.user, authorize)
  exchange.audit?.impersonated(exchange.user)
}

/** Works out who asks for what, and throws unless that is allowed. `enter` is called in between. */
export async function admitRequest(
  exchange: Exchange,
  context: AdmitContext,
  enter: () => void | Promise<void> = () => {},
): Promise<void> {
  const { clock, access, authorize } = context
  await identify(exchange, context)
  const entering = enter()
  if (entering) await entering
  const started = clock.monotonic()
  let allowed = false
  try {
    const pending = requireAllowed(authorize, attributesOf(exchange), exchange.audit)
    if (pending) await pending
    allowed = true
  } finally {
    access.authorized(allowed, (clock.monotonic() - started) / 1000)
  }
}

/** An exchange whose request has been parsed. Throws 400. */
export function newExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  const exchange: Exchange = { request, response, info: unreadRequest, query: undefined, user: anonymous, warnings: [] }
  const { path, query } = splitUrl(request.url ?? '/')
  exchange.query = query
  exchange.info = { ...unreadRequest, path }
  return exchange
}

/** A request may be kept waiting for so much of the time it has. */
const waitShare = 4

/** What a request holds on to while it is served. */
interface Holding {
  seat?: Seat
  deadline?: Deadline
  /** Milliseconds that it waited for its seat. */
  waited: number
  ended?(): void
}

export function newRequestListener(context: PipelineContext): RequestListener {
  const { clock, metrics, newUuid } = context
  const logRequest = newRequestLog(context.log)
  const deadlines = new RequestDeadlines(clock)

  const fail = async (exchange: Exchange, error: unknown) => {
    const { request, response } = exchange
    if (exchange.timedOut) return
    if (error instanceof ImpersonationError) {
      // Upstream says Internal Server Error, a 500: see docs/decisions, "bad input is 4xx".
      const text = `Bad Request: ${JSON.stringify(request.url)}: ${error.message}\n`
      return sendText(exchange, 400, text)
    }
    if (error instanceof TooManyRequests) {
      response.setHeader('Retry-After', String(error.retryAfter))
      return sendText(exchange, 429, `${error.message}\n`)
    }
    return sendError(exchange, error, context)
  }

  /** The client is told; what still works on the request goes on, and speaks to nobody. */
  const expire = (exchange: Exchange) => {
    exchange.timedOut = true
    metrics.terminated(exchange.info, 504)
    fail({ ...exchange, timedOut: false }, requestTimedOut()).catch(() => exchange.response.destroy())
  }

  const serve = async (exchange: Exchange, holding: Holding) => {
    const { info } = exchange
    let wait: number | undefined
    if (isLongRunning(info)) holding.ended = metrics.longRunning(info)
    else {
      const timeout = timeoutOf(exchange.query)
      if (timeout !== undefined) wait = timeout / waitShare
      holding.deadline = deadlines.begin(() => expire(exchange), timeout)
    }
    const take = (seat: Seat) => {
      holding.seat = seat
      if (info.verb === 'watch') exchange.begun = seat.begun
    }
    await admitRequest(exchange, context, () => {
      const seat = context.enter(exchange, wait)
      if (!(seat instanceof Promise)) return take(seat)
      const queued = clock.monotonic()
      return seat.then(given => {
        holding.waited = clock.monotonic() - queued
        take(given)
      })
    })
    await context.serve(exchange)
  }

  const handle = async (exchange: Exchange) => {
    const { request, response } = exchange
    const started = clock.monotonic()
    const { 'audit-id': auditId } = request.headers
    // Connections are kept anyway; upstream does not say so.
    if (request.httpVersionMajor === 1) response.removeHeader('Connection')
    response.setHeader('Audit-Id', auditId ?? newUuid())
    response.setHeader('Cache-Control', 'no-cache, private')
    const holding: Holding = { waited: 0 }
    try {
      exchange.info = parseRequestInfo(request.method ?? 'GET', exchange.info.path, exchange.query)
      await serve(exchange, holding)
    } catch (error) {
      if (error instanceof TooManyRequests) metrics.terminated(exchange.info, 429)
      await fail(exchange, error)
    } finally {
      holding.deadline?.cancel()
      holding.seat?.leave()
      holding.ended?.()
      exchange.audit?.ended(response.statusCode)
      const milliseconds = clock.monotonic() - started
      metrics.observe(exchange, { seconds: milliseconds / 1000, waited: holding.waited / 1000 })
      logRequest?.(exchange, milliseconds)
    }
  }

  return (request, response) => {
    const exchange = newExchange(request, response)
    // A client that leaves in the middle is no fault.
    response.on('error', () => {})
    handle(exchange).catch(error => {
      context.log.error({ error: String((error as Error).stack ?? error) }, 'Answer failed')
      response.destroy()
    })
  }
}
