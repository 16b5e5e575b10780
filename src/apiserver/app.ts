/** The Express application: all paths outside the API's own, composed. */
import type { Express, Request, RequestHandler, Response } from 'express'
import { StatusError } from '../machinery/status-error.js'
import type { MetricRegistry } from '../telemetry/metrics.js'
import type { TokenSigner } from './authn/service-account-token.js'
import type { Router } from './deps.js'
import type { FlowConfiguration } from './flow-control/configuration.js'
import { forBothProtocols } from './http/express-http2.js'
import { methodNotAllowed } from './verbs/verbs.js'
import type { VersionInfo } from './version.js'

export interface AppDeps {
  version: VersionInfo
  metrics: MetricRegistry
  /** Of the health checks alone. */
  slis: MetricRegistry
  /** For who looks into the queues. */
  flow: FlowConfiguration
  signer: TokenSigner
  issuer: string
  /** Host and port that are told to verifiers of tokens. */
  serverAddress(): string
  /** Every path that is served, for the list at `/`. */
  paths(): string[]
  routers: readonly Router[]
}

const jsonType = 'application/json'
const keySetType = 'application/jwk-set+json'

// Express' own way would add a charset, which JSON has none of.
function json(response: Response, contentType: string, body: unknown, indent = 0): void {
  response.setHeader('Content-Type', contentType)
  response.end(JSON.stringify(body, null, indent))
}

/** Of an Accept header, as go-restful reads it: whole types or any, whatever their quality. */
const accepts = (header: string, type: string): boolean =>
  header.split(',').some(clause => ['*/*', type].includes(clause.split(';')[0]!.trim()))

/** Paths that answer with one type to GET alone; HEAD is none. */
const only =
  (type: string): RequestHandler =>
  (request, response, next) => {
    const { accept } = request.headers
    const { status } =
      request.method !== 'GET'
        ? methodNotAllowed()
        : accept && !accepts(accept, type)
          ? new StatusError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${type}`, {})
          : { status: undefined }
    if (!status) return next()
    response.status(status.code)
    json(response, jsonType, status, 2)
  }

/** Upstream tells it with the metrics, seconds since the epoch. */
const processStart = String(Math.floor(Date.now() / 1000 - process.uptime()))

/** `/debug/api_priority_and_fairness/…`: loaded when somebody looks. */
function dumpHandler(flow: FlowConfiguration): RequestHandler {
  return async (request, response, next) => {
    const { dumpFlows } = await import('./flow-control/dump.js')
    const text = dumpFlows(flow, request.path.split('/').at(-1) ?? '', !!request.query.includeRequestDetails)
    if (text === undefined) return next()
    response.setHeader('Content-Type', 'text/plain; charset=utf-8')
    response.end(text)
  }
}

function metricsHandler(metrics: MetricRegistry): RequestHandler {
  return async (_request: Request, response: Response) => {
    response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores')
    response.setHeader('Process-Start-Time-Unix', processStart)
    response.end(await metrics.metrics())
  }
}

export type AppListener = ReturnType<typeof forBothProtocols>

/** Express is loaded here, at the first request that needs it: health checks and the API do without. */
export async function newApp(deps: AppDeps): Promise<AppListener> {
  const { default: express } = await import('express')
  const app: Express = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.enable('strict routing')
  app.enable('case sensitive routing')
  app.all(['/version', '/version/'], only(jsonType), (_request, response) => {
    json(response, jsonType, deps.version, 2)
  })
  app.all('/metrics', metricsHandler(deps.metrics))
  app.all('/metrics/slis', metricsHandler(deps.slis))
  app.get('/debug/api_priority_and_fairness/:dump', dumpHandler(deps.flow))
  const configuration = '/.well-known/openid-configuration'
  app.all([configuration, `${configuration}/`], only(jsonType), (_request, response) => {
    response.set('Cache-Control', 'public, max-age=3600')
    json(response, jsonType, {
      issuer: deps.issuer,
      jwks_uri: `https://${deps.serverAddress()}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    })
  })
  app.all(['/openid/v1/jwks', '/openid/v1/jwks/'], only(keySetType), async (_request, response) => {
    response.set('Cache-Control', 'public, max-age=3600')
    json(response, keySetType, await deps.signer.jwks())
  })
  app.all('/', (_request, response) => {
    json(response, jsonType, { paths: deps.paths() }, 2)
  })
  for (const router of deps.routers) app.use(router)
  app.use((_request: Request, response: Response) => {
    response.set('X-Content-Type-Options', 'nosniff').set('Content-Type', 'text/plain; charset=utf-8')
    response.status(404).send('404 page not found\n')
  })
  return forBothProtocols(app, express)
}
