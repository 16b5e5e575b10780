/** The way of every request: parsed, authenticated, held back when there are too many, authorized, then served. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock, Random } from '../../machinery/clock.js'
import type { UserInfo } from '../../machinery/request.js'
import type { SchemaSet } from '../../machinery/schema/types.js'
import type { Logger } from '../../telemetry/logger.js'
import { asksForImpersonation, ImpersonationError, impersonate } from '../authn/impersonation.js'
import type { Authenticate } from '../authn/request-authenticator.js'
import { anonymous } from '../authn/user.js'
import type { Attributes } from '../authz/attributes.js'
import { type Authorize, requireAllowed } from '../authz/authorizer.js'
import { isLongRunning, parseRequestInfo, type RequestInfo, unreadRequest } from '../request-info.js'
import type { RequestMetrics } from '../request-metrics.js'
import { newUuidSource } from '../uuid.js'
import { sendError, sendText } from './errors.js'
import type { Exchange } from './exchange.js'
import type { Release } from './in-flight.js'

export interface PipelineContext {
  clock: Clock
  random: Random
  log: Logger
  schemas: SchemaSet
  authenticate: Authenticate
  authorize: Authorize
  guard(info: RequestInfo, user: UserInfo): Release
  metrics: RequestMetrics
  /** Answers an authorized request. */
  serve(exchange: Exchange): Promise<void>
}

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void

/** Splits the URL; the query is only looked at where there is one. */
function splitUrl(url: string): { path: string; query: URLSearchParams | undefined } {
  const question = url.indexOf('?')
  if (question < 0) return { path: url, query: undefined }
  return { path: url.slice(0, question), query: new URLSearchParams(url.slice(question + 1)) }
}

/** What the authorizer is asked about an HTTP request. */
export function attributesOf({ info, user, query }: Exchange): Attributes {
  const { isResource, verb, group, version, resource, subresource, namespace, name, path } = info
  const attributes: Attributes = {
    user,
    isResource,
    verb,
    group,
    version,
    resource,
    subresource,
    namespace,
    name,
    path,
  }
  if (isResource && (verb === 'list' || verb === 'watch' || verb === 'deletecollection')) {
    const fieldSelector = query?.get('fieldSelector')
    if (fieldSelector) attributes.fieldSelector = fieldSelector
  }
  return attributes
}

/** Works out who asks for what, and throws unless that is allowed. */
export async function admitRequest(
  exchange: Exchange,
  { authenticate, authorize }: Pick<PipelineContext, 'authenticate' | 'authorize'>,
  guard: (info: RequestInfo, user: UserInfo) => void = () => {},
): Promise<void> {
  const { request, info } = exchange
  const identity = authenticate(request)
  exchange.user = identity instanceof Promise ? await identity : identity
  if (asksForImpersonation(request.headers)) exchange.user = await impersonate(request, exchange.user, authorize)
  guard(info, exchange.user)
  const pending = requireAllowed(authorize, attributesOf(exchange))
  if (pending) await pending
}

/** An exchange whose request has been parsed. Throws 400. */
export function newExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  const exchange: Exchange = { request, response, info: unreadRequest, query: undefined, user: anonymous, warnings: [] }
  const { path, query } = splitUrl(request.url ?? '/')
  exchange.query = query
  exchange.info = { ...unreadRequest, path }
  return exchange
}

export function newRequestListener(context: PipelineContext): RequestListener {
  const { clock, metrics } = context
  const newUuid = newUuidSource(context.random)

  const fail = async (exchange: Exchange, error: unknown) => {
    if (error instanceof ImpersonationError) {
      const text = `Internal Server Error: ${JSON.stringify(exchange.request.url)}: ${error.message}\n`
      return sendText(exchange, 500, text)
    }
    return sendError(exchange, error, context)
  }

  const handle = async (exchange: Exchange) => {
    const { request, response } = exchange
    const started = clock.monotonic()
    const { 'audit-id': auditId } = request.headers
    response.setHeader('audit-id', auditId ?? newUuid())
    response.setHeader('cache-control', 'no-cache, private')
    let release: Release = () => {}
    let ended = () => {}
    try {
      const { method = 'GET' } = request
      exchange.info = parseRequestInfo(method, exchange.info.path, exchange.query)
      if (isLongRunning(exchange.info)) ended = metrics.longRunning(exchange.info)
      await admitRequest(exchange, context, (info, user) => {
        release = context.guard(info, user)
      })
      await context.serve(exchange)
    } catch (error) {
      await fail(exchange, error)
    } finally {
      release()
      ended()
      metrics.observe(exchange.info, response.statusCode, (clock.monotonic() - started) / 1000)
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
